"""Finding the owner of a row while owners change: real HTTP, announcements by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from streams.core.partitioner import partition_of
from tables.live_rows import LiveRows, OwnerUnavailable
from tables.partition_status import StatusReader

PARTITIONS = 4


class FakeWorker:
    """Serves rows of the partitions it owns at the moment."""

    def __init__(self, owned: set[int]) -> None:
        self.owned, self.rows, self.asked = owned, {"a/b c": {"n": 1}}, 0
        app = web.Application()
        app.router.add_get("/internal/rows/{table}/{key}", self._row)
        app.router.add_get("/internal/status", self._status)
        self.server = TestServer(app)

    async def _row(self, request: web.Request) -> web.Response:
        self.asked += 1
        if int(request.query["partition"]) not in self.owned:
            return web.json_response({"error": "not here"}, status=421)
        row = self.rows.get(request.match_info["key"])
        headers = {"X-As-Of": "2026-06-01T09:00:00+00:00"}
        return web.json_response(
            row or {"error": "no row"}, status=200 if row else 404, headers=headers
        )

    async def _status(self, _: web.Request) -> web.Response:
        one = {"now": None, "next_due": None, "applied": {"payments": 3}, "pending_looks": 0}
        lanes = {str(number): one | {"open": True} for number in self.owned}
        return web.json_response(
            {"ready": True, "partitions": lanes | {"9": one | {"open": False}}}
        )

    def announce(self, at: str, partitions: set[int] | None = None) -> bytes:
        url = str(self.server.make_url("/"))
        shown = sorted(self.owned if partitions is None else partitions)
        return json.dumps({"url": url, "partitions": shown, "at": at}).encode()


class FakeHash(dict[bytes, bytes]):
    async def hgetall(self, name: str) -> dict[bytes, bytes]:
        assert name == "dunnock:workers"
        return dict(self)


@pytest.fixture
async def workers() -> AsyncIterator[tuple[FakeWorker, FakeWorker]]:
    pair = FakeWorker({0, 1, 2, 3}), FakeWorker(set())
    for worker in pair:
        await worker.server.start_server()
    yield pair
    for worker in pair:
        await worker.server.close()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def _rows(found: FakeHash, http: ClientSession, **more: Any) -> LiveRows:
    return LiveRows(found, http, PARTITIONS, pause_s=0.01, **more)


async def test_a_row_comes_from_its_owner_whatever_its_key(
    workers: tuple[FakeWorker, FakeWorker], http: ClientSession
) -> None:
    owner, _ = workers
    found = await _rows(FakeHash({b"w0": owner.announce("1")}), http).get("customers", "a/b c")
    assert found is not None
    assert (found.row, found.as_of) == ({"n": 1}, "2026-06-01T09:00:00+00:00")
    assert await _rows(FakeHash({b"w0": owner.announce("1")}), http).get("customers", "x") is None


async def test_a_stale_announcement_is_passed_over(
    workers: tuple[FakeWorker, FakeWorker], http: ClientSession
) -> None:
    owner, former = workers
    dead = json.dumps({"url": "http://127.0.0.1:9", "partitions": [0, 1, 2, 3], "at": "9"})
    announced = FakeHash(
        {
            b"dead": dead.encode(),
            b"former": former.announce("8", {0, 1, 2, 3}),
            b"owner": owner.announce("1"),
        }
    )
    assert await _rows(announced, http).get("customers", "a/b c") is not None
    assert former.asked == 1


async def test_patience_ends(workers: tuple[FakeWorker, FakeWorker], http: ClientSession) -> None:
    _, former = workers
    announced = FakeHash({b"former": former.announce("1", {0, 1, 2, 3})})
    with pytest.raises(OwnerUnavailable):
        await _rows(announced, http, patience_s=0.1).get("customers", "a/b c")
    assert former.asked > 1


async def test_a_partition_key_says_where_to_look(
    workers: tuple[FakeWorker, FakeWorker], http: ClientSession
) -> None:
    owner, _ = workers
    owner.owned = {partition_of(b"customer-1", PARTITIONS)}
    rows = _rows(FakeHash({b"w0": owner.announce("1")}), http)
    assert await rows.get("decisions", "a/b c", partition_key="customer-1") is not None


async def test_find_asks_everywhere(
    workers: tuple[FakeWorker, FakeWorker], http: ClientSession
) -> None:
    owner, _ = workers
    assert await _rows(FakeHash({b"w0": owner.announce("1")}), http).find("cases", "a/b c")
    assert owner.asked == PARTITIONS


async def test_statuses_leave_out_what_is_not_open(
    workers: tuple[FakeWorker, FakeWorker], http: ClientSession
) -> None:
    owner, _ = workers
    reader = StatusReader(_rows(FakeHash({b"w0": owner.announce("1")}), http), http)
    found = await reader.read()
    assert sorted(found) == [0, 1, 2, 3]
    assert found[0].applied == {"payments": 3}
