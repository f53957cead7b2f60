"""The keyed ordered pool: stateless calls to the outside, one at a time for each key.

A record is acked when its outputs are delivered, and committed when everything before it in its
partition is. A crash repeats at most the calls in flight, so a handler must use idempotency keys.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from streams.core.budget import DeadLetterBudget
from streams.core.dead_letters import dead_letter
from streams.core.logic import Refused
from streams.core.records import Chunk, Output, Record
from streams.core.window import UNACKED_MAX, AckWindow

Handler = Callable[[Record], Awaitable[Sequence[Output]]]
Deliver = Callable[[Sequence[Output]], Awaitable[None]]


class OutsideFailure(Exception):
    """The outside world can't answer now; the call is repeated after a while.

    `after_s`: not before so many seconds, because the other side asked for it. The pool believes
    it up to `PoolConfig.asked_pause_max_s`.
    """

    def __init__(self, reason: str = "", *, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """Bounds of a pool."""

    tasks_max: int = 200
    call_timeout_s: float = 10.0
    backoff_first_s: float = 0.2
    backoff_max_s: float = 30.0
    asked_pause_max_s: float = 60.0
    unacked_max: int = UNACKED_MAX
    dead_letters_topic: str = "dead-letters"


_Key = bytes | tuple[str, int]
"""A record without a key shares the lane of its partition."""


@dataclass(slots=True)
class _Place:
    """One assignment of a topic and partition; `gone` once it was revoked."""

    window: AckWindow
    calls: set[asyncio.Future[Sequence[Output]]] = field(default_factory=set)
    reported: int | None = None
    gone: bool = False


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
        self._handler = handler
        self._deliver = deliver
        self._on_committable = on_committable
        self._on_failed = on_failed
        self._config = config or PoolConfig()
        self._budget = budget or DeadLetterBudget()
        self._places: dict[tuple[str, int], _Place] = {}
        self._queues: dict[_Key, deque[tuple[_Place, Record]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls = asyncio.Semaphore(self._config.tasks_max)
        self._interrupt = asyncio.Event()
        self._stopping = False
        self.failure: BaseException | None = None
        """Why the pool stopped by itself; None otherwise."""

    def offer(self, chunk: Chunk) -> None:
        """Queue a chunk's records. Look at `full(topic, partition)` before you fetch more."""
        place = self._places.setdefault(
            (chunk.topic, chunk.partition), _Place(AckWindow(self._config.unacked_max))
        )
        for record in chunk.records:
            place.window.add(record.offset, record.offset + 1)
            self._queue(place, record)
        place.window.skip_to(chunk.next_offset)
        self._report(chunk.topic, chunk.partition, place)

    def full(self, topic: str, partition: int) -> bool:
        """Whether the partition has as many uncommitted records as it may have."""
        place = self._places.get((topic, partition))
        return place is not None and place.window.full

    @property
    def unacked(self) -> int:
        """Records that can't be committed yet, over all partitions."""
        return sum(len(place.window) for place in self._places.values())

    def drop(self, topic: str, partition: int) -> None:
        """The partition was revoked: forget its records and cancel their calls. No more acks."""
        place = self._places.pop((topic, partition), None)
        if place is not None:
            place.gone = True
            for call in place.calls:
                call.cancel()
            self._wake_sleepers()

    async def stop(self) -> None:
        """Finish the calls that run (each under its timeout); what waits is not handled."""
        self._stopping = True
        self._wake_sleepers()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    def _queue(self, place: _Place, record: Record) -> None:
        key = record.key if record.key is not None else (record.topic, record.partition)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = deque()
            task = asyncio.create_task(self._serve(key, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        queue.append((place, record))

    async def _serve(self, key: _Key, queue: deque[tuple[_Place, Record]]) -> None:
        """Handle one key's records, the next one when the one before is delivered."""
        try:
            while queue and not self._over:
                place, record = queue.popleft()
                if not place.gone:
                    await self._handle(place, record)
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must hear of it
            self._fail(error)
        finally:
            del self._queues[key]

    async def _handle(self, place: _Place, record: Record) -> None:
        outputs = await self._outputs(place, record)
        if outputs is None:
            return
        if outputs:
            await self._deliver(outputs)
        if self.failure is None and not place.gone:
            place.window.ack(record.offset)
            self._report(record.topic, record.partition, place)

    async def _outputs(self, place: _Place, record: Record) -> Sequence[Output] | None:
        """What the handler gives, or a dead letter; None when nobody wants it any more."""
        backoff_s = self._config.backoff_first_s
        while self._wants(place):
            try:
                async with self._calls:
                    if not self._wants(place):
                        return None
                    outputs = await self._call(place, record)
            except (OutsideFailure, TimeoutError) as failure:
                asked_s = failure.after_s if isinstance(failure, OutsideFailure) else 0.0
                await self._sleep(max(backoff_s, min(asked_s, self._config.asked_pause_max_s)))
                backoff_s = min(2 * backoff_s, self._config.backoff_max_s)
            except asyncio.CancelledError:
                if not place.gone:
                    raise
            except Refused as refusal:
                return self._dead_letter(record, refusal.reason, refusal.detail)
            except Exception as error:  # noqa: BLE001 - dead letter before fatal
                return self._dead_letter(record, "handler_error", repr(error))
            else:
                self._budget.add((False,))
                return outputs
        return None

    async def _call(self, place: _Place, record: Record) -> Sequence[Output]:
        call = asyncio.ensure_future(self._handler(record))
        place.calls.add(call)
        try:
            return await asyncio.wait_for(call, self._config.call_timeout_s)
        finally:
            place.calls.discard(call)

    def _dead_letter(self, record: Record, reason: str, detail: str) -> Sequence[Output]:
        self._budget.check((True,))
        self._budget.add((True,))
        return (dead_letter(self._config.dead_letters_topic, record, reason, detail),)

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless something is stopped or dropped meanwhile."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._interrupt.wait(), seconds)

    def _wake_sleepers(self) -> None:
        self._interrupt.set()
        self._interrupt = asyncio.Event()

    @property
    def _over(self) -> bool:
        return self._stopping or self.failure is not None

    def _wants(self, place: _Place) -> bool:
        return not (place.gone or self._over)

    def _report(self, topic: str, partition: int, place: _Place) -> None:
        offset = place.window.committable()
        if offset is not None and offset != place.reported:
            place.reported = offset
            self._on_committable(topic, partition, offset)

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            for place in self._places.values():
                for call in place.calls:
                    call.cancel()
            self._wake_sleepers()
            self._on_failed(error)
