"""What the handlers need of the world, put together once in `dunnock/web.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import asyncpg
from aiohttp import web
from jinja2 import Environment

from api.machine.advance import Advance
from api.pay.psp import Psp
from api.security.sessions import Sessions
from api.security.users import Users
from connectors.simulated_clock import SimulatedClockRow
from runtime.settings import Settings
from tables.live_rows import LiveRow
from tables.partition_status import PartitionStatus

Now = Callable[[], Awaitable[datetime]]


class Rows(Protocol):
    """Live rows of the stateful tables; `tables.live_rows.LiveRows` or a fake."""

    async def get(
        self, table: str, key: str, partition_key: str | None = None
    ) -> LiveRow | None: ...

    async def find(self, table: str, key: str) -> LiveRow | None: ...


class Statuses(Protocol):
    @property
    def partitions(self) -> int: ...
    async def read(self) -> dict[int, PartitionStatus]: ...


class Publisher(Protocol):
    async def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> int: ...

    async def end_offsets(
        self, topics: Iterable[str], partitions: int
    ) -> dict[int, dict[str, int]]: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """The simulated clock and how to move it."""

    row: SimulatedClockRow
    advance: Advance


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    pool: asyncpg.Pool
    rows: Rows
    statuses: Statuses
    log: Publisher
    psp: Psp
    users: Users
    sessions: Sessions
    templates: Environment
    #: The business time: simulated where the clock is.
    now: Now
    #: None with the real clock.
    clock: Clock | None
    #: Named conditions of readiness, asked at each request.
    conditions: Callable[[], Awaitable[dict[str, bool]]]


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def services(request: web.Request) -> Services:
    return request.app[SERVICES]


Json = dict[str, Any]
