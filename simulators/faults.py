"""What every simulator shares: faults on demand, and the list of what it accepted.

`POST /faults {"provider"?, "latency_ms"?, "error_rate"?, "hang"?, "garbage"?}` replaces the faults
of that provider (of all, without one); `{}` clears everything. `GET /received` lists in order,
`DELETE /received` empties. Both pairs of routes never suffer faults themselves.

A simulator over HTTP calls `install(app, faults, received, provider_of)`. One that speaks
something else (SMTP) awaits `faults.suffer(provider)` before it accepts and looks at its answer.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

#: The oldest entries go when a simulator has accepted more than this.
RECEIVED_MAX = 1_000_000
#: A hanging request is let go after this long, whatever happens.
HANG_S_MAX = 3600.0
#: An answer that no client can make sense of.
GARBAGE = b'\x00\xff<html>{"score": ,,, \xf0\x28\x8c\x28' * 64

CONTROL_PATHS = frozenset({"/received", "/faults", "/answers", "/healthz", "/readyz", "/metrics"})

EVERY_PROVIDER = "*"


class Fault(BaseModel):
    """What goes wrong at one provider."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    latency_ms: float = Field(default=0, ge=0, le=HANG_S_MAX * 1000)
    error_rate: float = Field(default=0, ge=0, le=1)
    hang: bool = False
    garbage: bool = False


class Suffered(Enum):
    """How a request comes out of its faults."""

    NOTHING = "nothing"
    ERROR = "error"
    HUNG = "hung"
    GARBAGE = "garbage"


class Faults:
    """The faults of one simulator. A provider's own fault hides that of `*`."""

    def __init__(self, seed: int | None = None) -> None:
        self._by_provider: dict[str, Fault] = {}
        self._changed = asyncio.Event()
        self._random = random.Random(seed)

    def replace(self, spec: dict[str, Any]) -> None:
        """Carry out the body of `POST /faults`. Raises ValidationError on wrong values."""
        if not spec:
            self._by_provider.clear()
        else:
            fault = Fault.model_validate(spec)
            self._by_provider[str(spec.get("provider") or EVERY_PROVIDER)] = fault
        # Whoever hangs looks again whether it still has to.
        self._changed.set()
        self._changed = asyncio.Event()

    def of(self, provider: str) -> Fault:
        """The fault of `provider` as it is now."""
        everywhere = self._by_provider.get(EVERY_PROVIDER)
        return self._by_provider.get(provider) or everywhere or Fault()

    async def suffer(self, provider: str) -> Suffered:
        """Wait as long as the provider's fault says. `ERROR` and `HUNG` mean: accept nothing."""
        fault = self.of(provider)
        if fault.hang:
            await self._hang(provider)
            return Suffered.HUNG
        if fault.latency_ms:
            await asyncio.sleep(fault.latency_ms / 1000)
        if fault.error_rate and self._random.random() < fault.error_rate:
            return Suffered.ERROR
        return Suffered.GARBAGE if fault.garbage else Suffered.NOTHING

    async def _hang(self, provider: str) -> None:
        try:
            async with asyncio.timeout(HANG_S_MAX):
                while self.of(provider).hang:
                    await self._changed.wait()
        except TimeoutError:
            return


class Received:
    """What a simulator accepted, in order."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []

    def add(self, entry: dict[str, Any]) -> None:
        """Append `entry`, which must be JSON-able."""
        if len(self._entries) >= RECEIVED_MAX:
            del self._entries[: RECEIVED_MAX // 10]
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def entries(self) -> list[dict[str, Any]]:
        """A copy of the list."""
        return list(self._entries)


def install(
    app: web.Application,
    faults: Faults,
    received: Received,
    provider_of: Callable[[web.Request], str],
) -> None:
    """Give `app` the routes and the middleware of this module."""
    app.middlewares.append(_suffering(faults, provider_of))
    app.add_routes(
        [
            web.get("/received", _lister(received)),
            web.delete("/received", _emptier(received)),
            web.post("/faults", _fault_setter(faults)),
        ]
    )


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _suffering(faults: Faults, provider_of: Callable[[web.Request], str]) -> Any:
    @web.middleware
    async def suffer(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path in CONTROL_PATHS:
            return await handler(request)
        outcome = await faults.suffer(provider_of(request))
        if outcome is Suffered.ERROR:
            return web.json_response({"error": "simulated failure"}, status=500)
        if outcome is Suffered.HUNG:
            # A real server that recovers drops what it held; it does not answer an hour late.
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=503)
        response = await handler(request)
        if outcome is Suffered.GARBAGE:
            return web.Response(body=GARBAGE, content_type="application/json")
        return response

    return suffer


def _lister(received: Received) -> _Handler:
    async def list_received(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(received.entries()), content_type="application/json")

    return list_received


def _emptier(received: Received) -> _Handler:
    async def empty_received(_: web.Request) -> web.Response:
        received.clear()
        return web.json_response({})

    return empty_received


def _fault_setter(faults: Faults) -> _Handler:
    async def set_faults(request: web.Request) -> web.Response:
        try:
            spec = orjson.loads(await request.read() or b"{}")
            if not isinstance(spec, dict):
                raise TypeError("an object is expected")
            faults.replace(spec)
        except (orjson.JSONDecodeError, ValidationError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({})

    return set_faults
