"""The keyed ordered pool: stateless calls to the outside, one at a time for each key.

A record is acked when its outputs are delivered, and committed when everything before it in its
partition is. A crash repeats at most the calls in flight, so a handler must use idempotency keys.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from streams.core.budget import DeadLetterBudget
from streams.core.dead_letters import dead_letter
from streams.core.records import Chunk, Output, Record
from streams.core.window import UNACKED_MAX, AckWindow

Handler = Callable[[Record], Awaitable[Sequence[Output]]]
Deliver = Callable[[Sequence[Output]], Awaitable[None]]


class OutsideFailure(Exception):
    """The outside world can't answer now; the call is repeated after a while."""


class Refused(Exception):
    """This record will never work: it becomes a dead letter with `reason`, a short code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """Bounds of a pool."""

    tasks_max: int = 200
    call_timeout_s: float = 10.0
    backoff_first_s: float = 0.2
    backoff_max_s: float = 30.0
    unacked_max: int = UNACKED_MAX
    dead_letters_topic: str = "dead-letters"


class Pool:
    """Runs `handler` for each record: keys beside each other, records of one key in order.

    `handler` may raise `Refused` (dead letter), `OutsideFailure` or TimeoutError (again after a
    backoff, in its key's lane, for ever); anything else is a dead letter with `handler_error`.
    `deliver` returns when the log has confirmed the outputs; if it raises, or dead letters
    exceed the budget, the pool stops, nothing more is acked, and `on_failed` is called once.
    `on_committable(topic, partition, next_offset)` is called in offset order.
    """

    def __init__(
        self,
        handler: Handler,
        deliver: Deliver,
        *,
        on_committable: Callable[[str, int, int], None],
        on_failed: Callable[[BaseException], None],
        config: PoolConfig | None = None,
        budget: DeadLetterBudget | None = None,
    ) -> None:
        raise NotImplementedError

    def offer(self, chunk: Chunk) -> None:
        """Queue a chunk's records. Look at `full(topic, partition)` before you fetch more."""
        raise NotImplementedError

    def full(self, topic: str, partition: int) -> bool:
        """Whether the partition has as many unacked records as it may have."""
        raise NotImplementedError

    def drop(self, topic: str, partition: int) -> None:
        """The partition was revoked: forget its records and cancel their calls. No more acks."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Finish the calls that run (each under its timeout); what waits is not handled."""
        raise NotImplementedError
