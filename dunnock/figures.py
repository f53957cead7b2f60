"""The figures of a running stack, gathered from its workers, its broker and its database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.topics import IN_TOPICS

_HTTP_TIMEOUT = aiohttp.ClientTimeout(total=2)
_BROKER_TIMEOUT_S = 2.0
_DATABASE_TIMEOUT_S = 2.0
_INPUTS = frozenset(spec.name for spec in IN_TOPICS)

_COUNTS = """
SELECT (SELECT count(*) FROM decisions WHERE decided_at IS NOT NULL) AS decisions,
       (SELECT count(*) FROM messages WHERE kind = 'reminder') AS reminders,
       (SELECT count(*) FROM messages WHERE kind = 'thank_you') AS thank_yous,
       (SELECT count(*) FROM not_sent) AS not_sent
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """None: could not be asked just now."""

    events: int | None = None
    decisions: int | None = None
    reminders: int | None = None
    thank_yous: int | None = None
    not_sent: int | None = None
    #: Input events published and not yet applied.
    lag: int | None = None
    oldest_unprocessed_s: float | None = None

    def line(self) -> str:
        """For people, in one line that fits 120 columns."""
        age = self.oldest_unprocessed_s
        return "   ".join(
            (
                f"events in {_shown(self.events)}",
                f"decisions {_shown(self.decisions)}",
                f"reminders {_shown(self.reminders)}",
                f"thank-yous {_shown(self.thank_yous)}",
                f"not sent {_shown(self.not_sent)}",
                f"lag {_shown(self.lag)}",
                f"oldest unprocessed {'?' if age is None else f'{age:.1f} s'}",
            )
        )


def _shown(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


class Gatherer:
    """Asks everybody at once; who does not answer in time leaves a gap, not an error."""

    def __init__(self, workers: Sequence[str], kafka: str, dsn: str, partitions: int) -> None:
        self._workers = workers
        self._dsn = dsn
        self._partitions = partitions
        self._broker = AdminClient({"bootstrap.servers": kafka, "log_level": 0})

    async def gather(self) -> Figures:
        """The figures of this moment."""
        statuses, ends, counts = await asyncio.gather(
            self._statuses(), asyncio.to_thread(self._end), self._counts()
        )
        lanes = [lane for status in statuses for lane in status["partitions"].values()]
        # While a partition has no owner nobody can say how far it is.
        complete = len(lanes) == self._partitions
        applied = sum(
            offset
            for lane in lanes
            for topic, offset in lane["applied"].items()
            if topic in _INPUTS
        )
        ages = [lane["oldest_unprocessed_s"] or 0.0 for lane in lanes]
        return Figures(
            events=ends,
            lag=max(0, ends - applied) if complete and ends is not None else None,
            oldest_unprocessed_s=max(ages) if complete and ages else None,
            **counts,
        )

    async def _statuses(self) -> list[Mapping[str, Any]]:
        async with aiohttp.ClientSession(timeout=_HTTP_TIMEOUT) as http:
            answers = await asyncio.gather(*(_status(http, url) for url in self._workers))
        return [answer for answer in answers if answer is not None]

    def _end(self) -> int | None:
        """How many events were published in all: the sum of the input topics' end offsets."""
        asked = {
            TopicPartition(topic, partition): OffsetSpec.latest()
            for topic in _INPUTS
            for partition in range(self._partitions)
        }
        try:
            futures = self._broker.list_offsets(asked, request_timeout=_BROKER_TIMEOUT_S)
            offsets = (future.result(_BROKER_TIMEOUT_S).offset for future in futures.values())
            return sum(int(offset) for offset in offsets)
        except (KafkaException, TimeoutError):
            return None

    async def _counts(self) -> dict[str, int]:
        try:
            connection = await asyncpg.connect(self._dsn, timeout=_DATABASE_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return {}
        try:
            row = await connection.fetchrow(_COUNTS, timeout=_DATABASE_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return {}
        finally:
            await connection.close(timeout=_DATABASE_TIMEOUT_S)
        return dict(row or {})


async def _status(http: aiohttp.ClientSession, url: str) -> Mapping[str, Any] | None:
    try:
        async with http.get(f"{url}/internal/status") as answer:
            said: Mapping[str, Any] = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return said if said.get("ready") else None
