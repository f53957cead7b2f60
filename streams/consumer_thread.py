"""The thread in which aiokafka lives: fetches lists of one kind of record, ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, ensure_aiokafka_TP
from faust.types import TP

from streams.core.records import Record, headers_from
from streams.membership import Membership

if TYPE_CHECKING:
    from streams.app import DunnockApp

FETCH_MAX_WAIT_MS = 20
#: More than arrives in that time, so fetches are paced by the wait. Answered at once, each record
#: would have a fetch of its own, which costs the broker as much as a large one.
FETCH_MIN_BYTES = 100_000
#: A fetch that meets the beginning of a rebalance waits for its end; we must not wait with it.
FETCH_LIMIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records by partition, and where the reader stands in each partition that was asked for."""

    records: Mapping[TP, tuple[Record, ...]]
    positions: Mapping[TP, int]


NOTHING = Fetched({}, {})


class ConsumerThread(AIOKafkaConsumerThread):
    """Reads committed and polls briefly. The methods below are called from the main thread."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust fixes both; aiokafka reads them when it starts.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS  # noqa: SLF001
        consumer._fetch_min_bytes = FETCH_MIN_BYTES  # noqa: SLF001
        return consumer

    async def fetch(self, wanted: set[TP], wait_s: float) -> Fetched:
        """What has arrived for `wanted`, waiting at most `wait_s` for the first of it."""
        fetched: Fetched = await self.call_thread(self._fetch, wanted, wait_s)
        return fetched

    async def _fetch(self, wanted: set[TP], wait_s: float) -> Fetched:
        consumer = self._ensure_consumer()
        # Faust never looks: a coordinator that has failed would leave us alive and deaf.
        consumer._coordinator.check_errors()  # noqa: SLF001
        if not wanted:
            return NOTHING
        subscriptions = consumer._fetcher._subscriptions  # noqa: SLF001
        if subscriptions.reassignment_in_progress:
            await asyncio.sleep(wait_s)
            return NOTHING
        tps = {ensure_aiokafka_TP(tp) for tp in wanted}
        fetching = self._fetch_records(
            consumer,
            tps,
            timeout=wait_s,
            max_records=consumer._max_poll_records,  # noqa: SLF001
        )
        try:
            found = await asyncio.wait_for(fetching, FETCH_LIMIT_S)
        except TimeoutError:
            # Cancelled while it waited, so nothing was taken out of aiokafka's buffers.
            found = {}
        # No await from here: records and positions belong together.
        subscription = subscriptions.subscription
        assignment = None if subscription is None else subscription.assignment
        if assignment is None or not assignment.active:
            return NOTHING
        positions = {}
        for tp in tps & assignment.tps:
            state = assignment.state_value(tp)
            if state.has_valid_position:
                positions[TP(tp.topic, tp.partition)] = state.position
        plain = cast("DunnockApp", self.app).names.plain
        records = {
            TP(tp.topic, tp.partition): _records(plain(tp.topic), of_tp)
            for tp, of_tp in found.items()
        }
        return Fetched(records, positions)

    async def check(self) -> None:
        """Raise what the group's coordinator has failed with.

        It then rests until somebody looks, and without partitions nobody fetches: a worker whose
        first SyncGroup was refused would wait for ever.
        """

        async def look() -> None:
            if self._consumer is not None and self._consumer._coordinator is not None:  # noqa: SLF001
                self._consumer._coordinator.check_errors()  # noqa: SLF001

        if self.started:
            await self.call_thread(look)

    async def membership(self) -> Membership:
        """Who we are in the group now, read in aiokafka's thread: its parts belong together."""

        async def read() -> Membership:
            coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001
            return Membership(
                coordinator.group_id,
                coordinator.generation,
                coordinator.member_id,
                coordinator._group_instance_id,  # noqa: SLF001
            )

        found: Membership = await self.call_thread(read)
        return found

    async def seek_all(self, positions: Mapping[TP, int]) -> None:
        """Read on from these positions."""

        async def seek() -> None:
            for tp, offset in positions.items():
                self._ensure_consumer().seek(ensure_aiokafka_TP(tp), offset)

        await self.call_thread(seek)

    async def pause(self, tps: set[TP]) -> None:
        """Send no fetch for these partitions until the next assignment."""

        async def pause() -> None:
            consumer = self._ensure_consumer()
            wanted = {ensure_aiokafka_TP(tp) for tp in tps}
            consumer.pause(*(wanted & consumer.assignment()))

        await self.call_thread(pause)


def _records(topic: str, found: list[Any]) -> tuple[Record, ...]:
    return tuple(
        Record(
            topic,
            r.partition,
            r.offset,
            r.key,
            r.value,
            headers_from(r.headers),
            r.timestamp,
        )
        for r in found
    )
