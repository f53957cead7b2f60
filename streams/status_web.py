"""The worker's own web: health, the live rows of its partitions, and how far it is.

Faust runs without its web: that one answers before recovery is done and shows tables to anybody.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from aiohttp import web

from runtime import health
from runtime.settings import Settings
from streams import gauges
from streams.app import DunnockApp
from streams.core.lane import Lane, LaneStatus
from streams.registration import register_forever
from streams.rocks import StoreClosed


class StatusWeb:
    """Serves one app. Everything it says is of this moment and of committed state."""

    def __init__(self, app: DunnockApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._own_url = settings.own_url

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[StatusWeb]:
        """Listen inside the block."""
        server = web.Application()
        health.add_routes(server, self.conditions)
        server.add_routes(
            [
                web.get("/internal/rows/{table}/{key}", self._row),
                web.get("/internal/status", self._status),
            ]
        )
        host = self._settings.listen_host
        async with health.serving(server, host, self._settings.listen_port) as port:
            self._own_url = self._settings.own_url or f"http://{host}:{port}"
            yield self

    async def register_forever(self) -> None:
        """Keep this worker's entry in Redis fresh until cancelled."""
        await register_forever(
            self._settings.redis_url, self._settings.process_name, self._registration
        )

    def _registration(self) -> Mapping[str, object]:
        gauges.show({p: lane.status() for p, lane in self._app.engine.lanes.items()})
        return {"url": self._own_url, "partitions": sorted(self._open_lanes())}

    def conditions(self) -> dict[str, bool]:
        """What must hold before the worker is ready."""
        app, lanes = self._app, self._app.engine.lanes
        return {
            "started": bool(app.started),
            "recovered": bool(app.tables.actives_ready),
            "not_rebalancing": not app.rebalancing,
            "lanes_open": all(lane.status().is_open for lane in lanes.values()),
            "not_failed": not app.failed.done(),
        }

    def _open_lanes(self) -> dict[int, Lane]:
        lanes = self._app.engine.lanes
        return {partition: lane for partition, lane in lanes.items() if lane.status().is_open}

    async def _row(self, request: web.Request) -> web.Response:
        table, key = request.match_info["table"], request.match_info["key"]
        if table not in self._app.tables:
            return _problem(404, f"no table {table}")
        try:
            partition = int(request.query["partition"])
        except (KeyError, ValueError):
            return _problem(400, "say which partition")
        lane = self._open_lanes().get(partition)
        if lane is None:
            return _problem(421, f"partition {partition} is not here, or not recovered")
        try:
            row = self._app.stores.rows(table, partition).get(key.encode())
        except StoreClosed:
            return _problem(421, f"partition {partition} has just been given away")
        now = lane.status().now
        headers = {} if now is None else {"X-As-Of": now.isoformat()}
        if row is None:
            return _problem(404, f"no row {key} in {table}", headers)
        return web.Response(body=row, content_type="application/json", headers=headers)

    async def _status(self, _: web.Request) -> web.Response:
        ready = all(self.conditions().values())
        lanes = self._app.engine.lanes
        partitions = {str(p): _lane_entry(lane.status()) for p, lane in sorted(lanes.items())}
        standbys: dict[str, dict[str, Any]] = {}
        for (table, partition), copy in self._app.engine.assignment.standby.status.items():
            standbys.setdefault(str(partition), {})[table] = asdict(copy)
        return web.json_response({"ready": ready, "partitions": partitions, "standbys": standbys})


def _lane_entry(status: LaneStatus) -> dict[str, Any]:
    return {
        "now": status.now.isoformat() if status.now else None,
        "next_due": status.next_due.isoformat() if status.next_due else None,
        "applied": dict(status.applied),
        "pending_looks": status.pending_looks,
        "oldest_unprocessed_s": gauges.oldest_unprocessed_s(status),
        "queued_records": status.queued_records,
        "open": status.is_open,
        "idle": status.is_idle,
    }


def _problem(status: int, error: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": error}, status=status, headers=headers)
