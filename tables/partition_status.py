"""How far every partition is, as the workers that own them say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from tables.live_rows import LiveRows, Worker

_TIMEOUT = aiohttp.ClientTimeout(total=3, connect=1)


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """`now` is the latest tick the partition saw; `applied` the next offset of each topic."""

    now: datetime | None
    next_due: datetime | None
    applied: Mapping[str, int] = field(default_factory=dict)
    pending_looks: int = 0
    oldest_unprocessed_s: float = 0.0


class StatusReader:
    """Asks the announced workers. One instance serves the whole process."""

    def __init__(self, rows: LiveRows, http: aiohttp.ClientSession) -> None:
        self._rows, self._http = rows, http

    @property
    def partitions(self) -> int:
        return self._rows.partitions

    async def read(self) -> dict[int, PartitionStatus]:
        """The partitions that have a ready owner; one that is missing has none just now."""
        workers = await self._rows.workers()
        answers = await asyncio.gather(*(self._ask(worker) for worker in workers))
        found: dict[int, PartitionStatus] = {}
        for answer in reversed(answers):  # the freshest announcement is written last, so it wins
            found.update(answer)
        return found

    async def _ask(self, worker: Worker) -> dict[int, PartitionStatus]:
        try:
            async with self._http.get(f"{worker.url}/internal/status", timeout=_TIMEOUT) as answer:
                if answer.status != 200:
                    return {}
                said = json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return {}  # gone or going: its partitions count as without an owner
        if not said.get("ready"):
            return {}
        return {
            int(number): _status_of(one)
            for number, one in said["partitions"].items()
            if one.get("open", True)  # a lane that is not open yet has applied nothing
        }


def _status_of(said: Mapping[str, Any]) -> PartitionStatus:
    return PartitionStatus(
        now=_instant(said.get("now")),
        next_due=_instant(said.get("next_due")),
        applied={str(topic): int(offset) for topic, offset in said["applied"].items()},
        pending_looks=int(said.get("pending_looks") or 0),
        oldest_unprocessed_s=float(said.get("oldest_unprocessed_s") or 0.0),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def missing_partitions(found: Mapping[int, PartitionStatus], partitions: int) -> Sequence[int]:
    """The partitions without a ready owner."""
    return [number for number in range(partitions) if number not in found]
