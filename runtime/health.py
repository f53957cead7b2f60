"""`/healthz`, `/readyz` and `/metrics` for every process; a small server where there is no web.

Readiness is a mapping of named conditions, asked at each request: 200 only when all are true, so
that the answer is never older than the question. Liveness means that the event loop answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from runtime import metrics

Conditions = Callable[[], Mapping[str, bool]]
_SHUTDOWN_S = 2.0


def add_routes(app: web.Application, ready: Conditions) -> None:
    """Give `app` the three routes."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        conditions = dict(ready())
        good = all(conditions.values())
        return web.json_response(
            {"ready": good, "conditions": conditions}, status=200 if good else 503
        )

    async def show_metrics(_: web.Request) -> web.Response:
        body, content_type = metrics.exposition()
        return web.Response(body=body, headers={"Content-Type": content_type})

    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", show_metrics),
        ]
    )


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve `app` inside the block; gives the port, which the system chooses for port 0."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        addresses = runner.addresses
        yield int(addresses[0][1])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def health_server(host: str, port: int, ready: Conditions) -> AsyncIterator[int]:
    """A server with nothing but the three routes."""
    app = web.Application()
    add_routes(app, ready)
    async with serving(app, host, port) as bound:
        yield bound
