"""The whole web application in front of a real database; the workers, the log and the PSP faked.

The fakes hold rows and remember what was published; everything else is the product.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from api.app import build_app
from api.machine.advance import Advance
from api.pages.rendering import environment
from api.pay.psp import Checkout, Order, PspUnavailable
from api.security.passwords import Passwords
from api.security.sessions import Sessions
from api.security.users import Users
from api.services import Clock, Services
from connectors.log_client import LogUnavailable
from connectors.postgres.action_requests import ActionRequests
from connectors.postgres.pool import Pool
from connectors.simulated_clock import SimulatedClockRow
from domain.collections.links import LinkClaims, sign
from runtime.settings import Login, Settings
from tables.live_rows import LiveRow, OwnerUnavailable
from tables.partition_status import PartitionStatus

AS_OF = "2026-06-01T09:00:00+00:00"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
PARTITIONS = 2
SECRET = "a-secret-of-the-tests-with-32-characters"
WEBHOOK_SECRET = "whsec_dGVzdC13ZWJob29rLXNlY3JldC1vZi10aGUtcmln"
PASSWORD = "correct horse"
#: Weak on purpose: tests log in hundreds of times.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class FakeRows:
    """Rows by (table, key); `away` plays a rebalance."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        self.away = False

    async def get(self, table: str, key: str, partition_key: str | None = None) -> LiveRow | None:
        self.asked.append((table, key, partition_key))
        if self.away:
            raise OwnerUnavailable("partition 1 has no owner that answers")
        row = self.rows.get((table, key))
        return LiveRow(row, AS_OF) if row is not None else None

    async def find(self, table: str, key: str) -> LiveRow | None:
        return await self.get(table, key, "*")


class FakeWorkers:
    """Applies whatever is on the fake log, at once; `due` are the instants still to come."""

    def __init__(self) -> None:
        self.partitions = PARTITIONS
        self.now: datetime | None = None
        self.due: list[datetime] = []
        self.visited: list[datetime] = []
        self.ends = {n: {"ticks": 0} for n in range(PARTITIONS)}
        self.stuck = False

    def tick(self, now: datetime) -> None:
        self.now = now
        fired = [due for due in self.due if due <= now]
        self.visited += [now] * bool(fired)
        self.due = [due for due in self.due if due > now]

    async def read(self) -> dict[int, PartitionStatus]:
        behind = 1 if self.stuck else 0
        return {
            number: PartitionStatus(
                self.now,
                min(self.due, default=None),
                {topic: end - behind for topic, end in ends.items()},
            )
            for number, ends in self.ends.items()
        }


class FakeLog:
    """Remembers records; ticks go straight to the fake workers."""

    def __init__(self, workers: FakeWorkers) -> None:
        self.published: list[tuple[str, bytes | None, dict[str, Any], dict[str, str]]] = []
        self.away = False
        self._workers = workers

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> int:
        if self.away:
            raise LogUnavailable("payments: timed out")
        document = json.loads(value)
        if topic == "ticks":
            assert partition is not None
            self._workers.ends[partition]["ticks"] += 1
            self._workers.tick(datetime.fromisoformat(document["now"]))
        else:
            told = {name: text.decode() for name, text in headers}
            self.published.append((topic, key, document, told))
        return 0

    async def end_offsets(
        self, topics: Iterable[str], partitions: int, *, stable: bool = False
    ) -> dict[int, dict[str, int]]:
        wanted = set(topics)
        return {
            number: {topic: end for topic, end in ends.items() if topic in wanted}
            for number, ends in self._workers.ends.items()
        }

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        return {}


class FakeDispatchers:
    """Counts how often the clock waits for what leaves the house."""

    def __init__(self) -> None:
        self.asked = 0
        self.hangs = False

    async def settle(self) -> bool:
        self.asked += 1
        return not self.hangs


class FakePsp:
    origin = "http://psp.test"

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.away = False

    async def create(self, order: Order) -> Checkout:
        if self.away:
            raise PspUnavailable("TimeoutError")
        self.orders.append(order)
        return Checkout("pay_1", f"{self.origin}/checkout/pay_1")


@dataclass
class Rig:
    server: TestServer
    pool: Pool
    rows: FakeRows
    workers: FakeWorkers
    log: FakeLog
    psp: FakePsp
    settings: Settings
    dispatchers: FakeDispatchers
    conditions: dict[str, bool] = field(default_factory=lambda: {"postgres": True})

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.settings.api_key}"}

    def link(self, customer_id: str = "c-1", days: int = 30, currency: str = "EUR") -> str:
        claims = LinkClaims(
            customer_id=customer_id,
            currency=currency,
            message_id="m-1",
            expires_at=NOW + timedelta(days=days),
        )
        return f"/pay/{sign(SECRET, claims)}"


async def _clock(
    pool: Pool, workers: FakeWorkers, log: FakeLog, dispatchers: FakeDispatchers
) -> Clock:
    """The simulated clock at its beginning."""
    row = SimulatedClockRow(pool)
    await pool.execute("DELETE FROM simulated_clock")
    await row.start()
    advance = Advance(
        row, workers, log, dispatchers, ("payments",), ("ticks",), patience_s=0.3, poll_s=0.01
    )
    return Clock(row, advance)


@asynccontextmanager
async def rigged(
    pool: Pool, *, clock: str = "simulated", roles: tuple[str, ...] = ("admin",)
) -> AsyncIterator[Rig]:
    """A rig on a migrated database, users are named like their roles."""
    settings = Settings(
        secret=SECRET,
        api_key=uuid.uuid4().hex,
        psp_webhook_secret=WEBHOOK_SECRET,
        clock=clock,  # type: ignore[arg-type]
        logins=tuple(Login(user=role, password=PASSWORD, role=role) for role in roles),
    )
    await pool.execute("DELETE FROM login_failures")
    rows, workers, psp = FakeRows(), FakeWorkers(), FakePsp()
    log = FakeLog(workers)
    users = Users(pool, Passwords(QUICK))
    await users.seed(settings.logins)
    conditions = {"postgres": True}

    async def now() -> datetime:
        return NOW

    async def told() -> dict[str, bool]:
        return conditions

    dispatchers = FakeDispatchers()
    moved = await _clock(pool, workers, log, dispatchers) if clock == "simulated" else None
    services = Services(
        settings=settings,
        pool=pool,
        action_requests=ActionRequests(pool),
        rows=rows,
        statuses=workers,
        log=log,
        psp=psp,
        users=users,
        sessions=Sessions(pool),
        templates=environment(),
        now=now if moved is None else moved.row.now,
        clock=moved,
        conditions=told,
    )
    server = TestServer(build_app(services))
    await server.start_server()
    try:
        yield Rig(server, pool, rows, workers, log, psp, settings, dispatchers, conditions)
    finally:
        await server.close()
        if clock == "simulated":
            await pool.execute("DELETE FROM simulated_clock")
