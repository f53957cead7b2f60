"""Runs a simulator's HTTP application as a process, with the health routes of every process."""

from __future__ import annotations

import asyncio

from aiohttp import web

from runtime import health, logs
from runtime.settings import Settings

log = logs.logger(__name__)


async def serve_forever(app: web.Application, settings: Settings) -> None:
    """Serve `app` until cancelled."""
    health.add_routes(app, lambda: {"serving": True})
    async with health.serving(app, settings.listen_host, settings.listen_port) as port:
        log.info("simulator serves", host=settings.listen_host, port=port)
        await asyncio.Event().wait()
