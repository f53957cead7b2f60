"""`/healthz`, `/readyz`, `/metrics`: no login, no personal data."""

from __future__ import annotations

from aiohttp import web

from api.services import services
from runtime import metrics

routes = web.RouteTableDef()


@routes.get("/healthz")
async def alive(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """200 only while everything that a live row takes is there: also every partition's owner."""
    conditions = await services(request).conditions()
    good = all(conditions.values())
    return web.json_response({"ready": good, "conditions": conditions}, status=200 if good else 503)


@routes.get("/metrics")
async def show_metrics(_: web.Request) -> web.Response:
    body, content_type = metrics.exposition()
    return web.Response(body=body, headers={"Content-Type": content_type})
