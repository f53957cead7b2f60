"""I9, I10: nothing grows without bound, and the world comes to rest by itself."""

from __future__ import annotations

from collections.abc import Iterator

from domain.collections.state import CustomerState
from streams.core.config import LaneConfig
from streams.core.engine_rows import LOOK_PREFIX, timer_of
from streams.core.window import UNACKED_MAX
from tests.simulation.judges.case import Case
from tests.simulation.world.world import QUIET_S_MAX

#: A chunk is taken whole, so a queue may end that much above its limit.
_CHUNK_MAX = 1_000


def i9_bounds(case: Case) -> Iterator[str]:
    """Queues of lanes, windows of pools, retries of messages, sizes of rows."""
    for worker in case.world.every_worker:
        if worker.queued_max > worker._config.queued_records_max + _CHUNK_MAX:
            yield f"{worker.name} had {worker.queued_max} records waiting in a lane"
        if worker.pool.unacked > UNACKED_MAX * case.world.plan.partitions:
            yield f"{worker.name} has {worker.pool.unacked} calls under way"
    yield from _rows(case)
    yield from _left_over(case)
    for row in case.world.tables.dispatches.values():
        if row["attempts"] > 200:
            yield f"{row['message_id']} was tried {row['attempts']} times"


def _left_over(case: Case) -> Iterator[str]:
    """At rest no timer is due and no look waits: what was fired and decided is gone."""
    for key, row in case.rows["timers"].items():
        if timer_of(row).due <= case.now:
            yield f"timer {key} was due at {timer_of(row).due} and is still there"
    for key in case.rows["engine"]:
        if key.startswith(LOOK_PREFIX):
            yield f"{key} still waits"


def _rows(case: Case) -> Iterator[str]:
    for table, rows in case.rows.items():
        for key, row in rows.items():
            if len(row) > LaneConfig().row_bytes_max:
                yield f"{table} {key} has {len(row)} bytes"
    limits = case.world.policy.limits
    for key, row in case.rows["customer_history"].items():
        state = CustomerState.model_validate_json(row)
        if len(state.messages) > limits.messages_max or len(state.waiting) > limits.waiting_max:
            yield f"{key}: {len(state.messages)} messages, {len(state.waiting)} events waiting"


def i10_comes_to_rest(case: Case) -> Iterator[str]:
    """Lag returned to zero in time. (A world that never rests has no evidence: it fails before.)"""
    if (unrest := case.world.rest.unrest()) != "":
        yield unrest
    if case.world.quiet_after_s is None or case.world.quiet_after_s > QUIET_S_MAX:
        yield f"at rest only after {case.world.quiet_after_s} s"
