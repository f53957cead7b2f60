"""I4, I5: what the log holds leads to the same ledger, in this order and in any other."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from agents.collect_debts import FEES, HISTORY
from domain.collections.state import CustomerState
from domain.collections.view import customer_view
from domain.fees.state import FeeState
from streams.core.fold import fold
from streams.core.memory_store import MemoryStore
from streams.core.records import Chunk, Record
from streams.core.rows import Rows
from tests.faults.checker.evidence import IN_TOPICS
from tests.simulation.judges.case import Case

SAMPLE = 3
TABLES = ("customer_history", "fee_status", "applications", "decisions", "cases", "policies")


def i4_replay_gives_the_same(case: Case) -> Iterator[str]:
    """The stores are what the changelogs say; the records, as committed, give the same ledger."""
    world = case.world
    yield from world.scene.commits.backwards
    for partition, owner in world.group.owners.items():
        for table, store in world.disks[owner.name][partition].items():
            fresh = MemoryStore()
            fresh.restore(world.scene.log.changelog(table, partition))
            if fresh.items() != store.items():
                yield f"{table}[{partition}] of {owner.name} is not what its changelog says"
    for customer in case.some(SAMPLE, "replay"):
        yield from _compared(case, customer, _as_committed(case, customer), "as committed")


def i5_any_order(case: Case) -> Iterator[str]:
    """Another order of arrival gives the same ledger and fee status."""
    rng = random.Random(f"order {case.world.plan.seed}")
    for customer in case.some(SAMPLE, "order"):
        records = _of(case, customer)
        rng.shuffle(records)
        yield from _compared(case, customer, records, "in another order")


def _of(case: Case, customer: str) -> list[Record]:
    key = customer.encode()
    log = case.world.scene.log
    return [record for topic in IN_TOPICS for record in log.records(topic) if record.key == key]


def _as_committed(case: Case, customer: str) -> list[Record]:
    records = _of(case, customer)
    waiting = {(record.topic, record.offset): record for record in records}
    ordered: list[Record] = []
    at: dict[str, int] = {}
    for partition, offsets in case.world.scene.commits.positions:
        if not records or partition != records[0].partition:
            continue
        for topic, until in offsets.items():
            passed = ((topic, offset) for offset in range(at.get(topic, 0), until))
            ordered += [waiting.pop(place) for place in passed if place in waiting]
            at[topic] = max(until, at.get(topic, 0))
    return ordered


def _compared(case: Case, customer: str, records: Iterable[Record], how: str) -> Iterator[str]:
    again = _refolded(case, records)
    ours = {table: case.rows[table].get(customer) for table in (HISTORY, FEES)}
    theirs = {table: again[table].get(customer.encode()) for table in (HISTORY, FEES)}
    mine, replayed = _ledger(case, ours), _ledger(case, theirs)
    if mine != replayed:
        yield f"{customer} {how}: {replayed}, not {mine}"


def _ledger(case: Case, rows: Mapping[str, bytes | None]) -> dict[str, Any]:
    history, fee = rows[HISTORY], rows[FEES]
    ledger: dict[str, Any] = {}
    if history is not None:
        view = customer_view(CustomerState.model_validate_json(history), case.now)
        shown = sorted((one["invoice_id"], str(one["open"]), one["due_on"]) for one in view["open"])
        ledger = {"balance": view["balance"], "open": shown}
    if fee is not None:
        state = FeeState.model_validate_json(fee)
        ledger |= {"fee status": state.status, "fees": [one.model_dump() for one in state.fees]}
    return ledger


def _refolded(case: Case, records: Iterable[Record]) -> dict[str, MemoryStore]:
    """A fresh partition with a clock and these records alone."""
    stores = {table: MemoryStore() for table in (*TABLES, "timers", "engine")}
    world = case.world
    offsets: dict[str, int] = {}
    ticks = [_tick(world.plan.begins, 0), _tick(case.now, 1)]
    ordered = []
    for record in records:
        offset = offsets.get(record.topic, 0)
        offsets[record.topic] = offset + 1
        moved = Record(record.topic, 0, offset, record.key, record.value, record.headers)
        ordered.append(moved)
    batch = [Chunk(r.topic, 0, (r,), r.offset + 1) for r in (ticks[0], *ordered, ticks[1])]
    more = True
    while batch or more:
        result = fold(world._logic, batch, Rows(stores), partition=0)
        for table, rows in result.changes.items():
            stores[table].commit_rows(rows, 0)
        batch, more = list(result.rest), result.more_due
    return stores


def _tick(now: Any, offset: int) -> Record:
    return Record("ticks", 0, offset, None, orjson.dumps({"now": now.isoformat()}))
