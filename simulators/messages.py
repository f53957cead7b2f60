"""A message provider over HTTP, as many sell it: an idempotency key, and an answer for each key.

`POST /messages` (header `Idempotency-Key`) → 201 `{"id"}`, the same key again → 200 with the same
`id`; `GET /messages/{key}` → 200 or 404. SMS and push differ in name only.
"""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from runtime import metrics
from runtime.clock import utc_now
from simulators.faults import RECEIVED_MAX, Faults, Received, install

_REQUIRED = ("message_id", "to", "body")


class MessageProvider:
    """What the provider knows: by key, for as long as the process lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.received = Received()
        self._by_key: dict[str, dict[str, Any]] = {}
        self._count = 0

    async def take(self, request: web.Request) -> web.Response:
        """`POST /messages`."""
        key = request.headers.get("Idempotency-Key", "")
        try:
            document = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            document = None
        if not key or not isinstance(document, dict):
            return self._answer(400, {"error": "an Idempotency-Key and a JSON object are needed"})
        if missing := [name for name in _REQUIRED if not isinstance(document.get(name), str)]:
            return self._answer(422, {"error": f"missing: {', '.join(missing)}"})
        # No await between look-up and entry: two requests under one key can't both be new.
        if known := self._by_key.get(key):
            return self._answer(200, {"id": known["id"]})
        self._count += 1
        entry = {
            **document,
            "id": f"{self.name}-{self._count}",
            "received_at": utc_now().isoformat(),
        }
        if len(self._by_key) >= RECEIVED_MAX:
            del self._by_key[next(iter(self._by_key))]
        self._by_key[key] = entry
        self.received.add(entry)
        return self._answer(201, {"id": entry["id"]})

    async def tell(self, request: web.Request) -> web.Response:
        """`GET /messages/{key}`."""
        known = self._by_key.get(request.match_info["key"])
        if known is None:
            return self._answer(404, {"error": "unknown key"})
        return self._answer(200, known)

    def _answer(self, status: int, document: dict[str, Any]) -> web.Response:
        metrics.SIMULATED.labels(self.name, str(status)).inc()
        return web.json_response(document, status=status)


def application(name: str) -> web.Application:
    """The provider `name` as an application, without health routes."""
    provider = MessageProvider(name)
    app = web.Application()
    app.add_routes(
        [web.post("/messages", provider.take), web.get("/messages/{key}", provider.tell)]
    )
    install(app, Faults(), provider.received, lambda _: name)
    return app
