"""One HTTP server that plays all seven bureaus, each under its own path and format.

`POST /<provider>/…` answers in the provider's format; a call id (`X-Call-Id`) that was seen before
is answered again but not accepted twice. `GET /<provider>/calls/<call id>` tells whether what was
answered then would be answered now. `/answers`, `/received` and `/faults` are for tests.
"""

from __future__ import annotations

import orjson
from aiohttp import web
from pydantic import ValidationError

from runtime import metrics
from runtime.clock import utc_now
from runtime.settings import Settings
from simulators.bureaus_answers import AnswerOrder, Answers, Person, Said
from simulators.bureaus_formats import WIRES
from simulators.faults import RECEIVED_MAX, Faults, Received, install
from simulators.serve import serve_forever


class Bureaus:
    """What all of them know and were asked."""

    def __init__(self) -> None:
        self.answers = Answers()
        self.received = Received()
        self._calls: dict[tuple[str, str], tuple[Person, Said]] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """`POST /<provider>/…`."""
        provider = request.match_info["provider"]
        wire = WIRES.get(provider)
        if wire is None:
            return self._done(provider, web.json_response({"error": "no bureau"}, status=404))
        try:
            asked = wire.read(await request.read())
        except (ValueError, KeyError, TypeError, AttributeError):
            bad = web.json_response({"error": "the question makes no sense"}, status=400)
            return self._done(provider, bad)
        call = (provider, request.headers.get("X-Call-Id") or asked.reference)
        if call not in self._calls:
            if len(self._calls) >= RECEIVED_MAX:
                del self._calls[next(iter(self._calls))]
            self.received.add(
                {
                    "provider": provider,
                    "call_id": call[1],
                    "purpose": asked.purpose,
                    "family": asked.person.family,
                    "received_at": utc_now().isoformat(),
                }
            )
        said = self.answers.say(provider, asked.person)
        self._calls[call] = asked.person, said
        body = wire.write(provider, asked, said)
        return self._done(provider, web.Response(body=body, content_type=wire.content_type))

    async def confirm(self, request: web.Request) -> web.Response:
        """`GET /<provider>/calls/<call id>`: 200 still so, 410 no longer, 404 never asked."""
        provider = request.match_info["provider"]
        known = self._calls.get((provider, request.match_info["call_id"]))
        if known is None:
            return self._done(provider, web.json_response({"error": "unknown call"}, status=404))
        person, said = known
        current = self.answers.say(provider, person) == said
        answer = web.json_response({"current": current}, status=200 if current else 410)
        return self._done(provider, answer)

    async def fix(self, request: web.Request) -> web.Response:
        """`POST /answers`: one order, or a list of them."""
        try:
            document = orjson.loads(await request.read())
            for one in document if isinstance(document, list) else [document]:
                self.answers.fix(AnswerOrder.model_validate(one))
        except (orjson.JSONDecodeError, ValidationError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({})

    def _done(self, provider: str, response: web.Response) -> web.Response:
        known = provider if provider in WIRES else "unknown"
        metrics.SIMULATED.labels(f"bureau-{known}", str(response.status)).inc()
        return response


def application() -> web.Application:
    """All bureaus as an application, without health routes."""
    bureaus = Bureaus()
    app = web.Application()
    app.add_routes(
        [
            web.post("/answers", bureaus.fix),
            web.get("/{provider}/calls/{call_id}", bureaus.confirm),
            web.post("/{provider}/{rest:.*}", bureaus.answer),
        ]
    )
    install(app, Faults(), bureaus.received, lambda request: request.path.split("/")[1])
    return app


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    await serve_forever(application(), settings)
