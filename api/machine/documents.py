"""`/openapi.json` and `/asyncapi.json`: what this installation speaks, from the models it uses."""

from __future__ import annotations

from functools import cache
from typing import Any

from aiohttp import web

from api.machine.asyncapi import asyncapi
from api.machine.openapi import openapi
from api.services import services

routes = web.RouteTableDef()


@cache
def _openapi(public_url: str) -> dict[str, Any]:
    return openapi(public_url)


@cache
def _asyncapi(kafka: str, prefix: str) -> dict[str, Any]:
    return asyncapi(kafka, prefix)


@routes.get("/openapi.json")
async def show_openapi(request: web.Request) -> web.Response:
    return web.json_response(_openapi(services(request).settings.public_url))


@routes.get("/asyncapi.json")
async def show_asyncapi(request: web.Request) -> web.Response:
    settings = services(request).settings
    return web.json_response(_asyncapi(settings.kafka, settings.topic_prefix))
