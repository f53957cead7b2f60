"""A print-and-mail service over HTTP, as several sell it: PDF in, letter out, news by webhook.

`POST /letters` (header `Idempotency-Key`) `{reference, recipient [line], file (base64 PDF), text?,
language?, webhook_url?}` → 201 `{"id", "status": "accepted", "pages"}`, the same key again → 200
with the same; `GET /letters/{key}` → 200 or 404; `GET /letters/{key}/pdf` gives the pages back.
What is no PDF, or has no recipient, is refused (422). Each letter is posted at once, which a
webhook `letter.posted` tells. `POST /returns {"reference"?}` lets one letter (or every one) come
back: `letter.returned`. Webhooks are signed (Standard Webhooks) and repeated until taken.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import orjson
from aiohttp import web

from runtime import metrics
from runtime.clock import utc_now
from runtime.settings import Settings
from simulators.faults import RECEIVED_MAX, Faults, Received, install
from simulators.psp_webhooks import Webhooks
from simulators.serve import serve_forever

_NAME = "letter"
#: PDFs are kept for so many letters; older ones can't be looked at any more.
_PDFS_MAX = 500
_PAGE = re.compile(rb"/Type\s*/Page\b")
_BODY_BYTES_MAX = 8 * 1024 * 1024


class PrintService:
    """What the service knows: by key, for as long as the process lives."""

    def __init__(self, webhooks: Webhooks) -> None:
        self.received = Received()
        self._webhooks = webhooks
        self._by_key: dict[str, dict[str, Any]] = {}
        self._pdfs: dict[str, bytes] = {}
        self._hooks: dict[str, str] = {}
        self._count = 0

    async def take(self, request: web.Request) -> web.Response:
        """`POST /letters`."""
        key = request.headers.get("Idempotency-Key", "")
        try:
            document = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            document = None
        if not key or not isinstance(document, dict):
            return _answer(400, {"error": "an Idempotency-Key and a JSON object are needed"})
        if known := self._by_key.get(key):
            return _answer(200, _public(known))
        pages = _pdf_of(document)
        recipient = document.get("recipient")
        if pages is None or not isinstance(recipient, list) or len(recipient) < 2:
            return _answer(422, {"error": "a PDF as base64 and a recipient of lines are needed"})
        return _answer(201, _public(self._keep(key, document, pages)))

    def _keep(self, key: str, document: dict[str, Any], pages: bytes) -> dict[str, Any]:
        self._count += 1
        entry = {
            "message_id": str(document.get("reference") or key),
            "to": " ".join(str(line) for line in document["recipient"]),
            "recipient": document["recipient"],
            "body": str(document.get("text") or ""),
            "language": document.get("language"),
            "id": f"{_NAME}-{self._count}",
            "status": "posted",
            "pages": len(_PAGE.findall(pages)),
            "received_at": utc_now().isoformat(),
        }
        for kept, bound in ((self._by_key, RECEIVED_MAX), (self._pdfs, _PDFS_MAX)):
            if len(kept) >= bound:
                del kept[next(iter(kept))]
        self._by_key[key], self._pdfs[key] = entry, pages
        self._hooks[key] = str(document.get("webhook_url") or "")
        self.received.add(entry)
        self._tell(key, entry, "posted", "")
        return entry

    async def tell(self, request: web.Request) -> web.Response:
        """`GET /letters/{key}`."""
        known = self._by_key.get(request.match_info["key"])
        return _answer(200, _public(known)) if known else _answer(404, {"error": "unknown key"})

    async def show(self, request: web.Request) -> web.Response:
        """`GET /letters/{key}/pdf`."""
        pages = self._pdfs.get(request.match_info["key"])
        if pages is None:
            return _answer(404, {"error": "unknown key, or too old"})
        return web.Response(body=pages, content_type="application/pdf")

    async def bring_back(self, request: web.Request) -> web.Response:
        """`POST /returns`."""
        document = orjson.loads(await request.read() or b"{}")
        wanted = document.get("reference") if isinstance(document, dict) else None
        back = [
            (key, entry)
            for key, entry in self._by_key.items()
            if entry["status"] == "posted" and wanted in {None, entry["message_id"]}
        ]
        for key, entry in back:
            entry["status"] = "returned"
            self._tell(key, entry, "returned", "returned_to_sender")
        return _answer(200, {"returned": len(back)})

    def _tell(self, key: str, entry: dict[str, Any], what: str, reason: str) -> None:
        if url := self._hooks.get(key):
            data = {"reference": entry["message_id"], "at": utc_now().isoformat(), "reason": reason}
            event = {"type": f"letter.{what}", "timestamp": data["at"], "data": data}
            self._webhooks.send(url, f"{entry['id']}_{what}", orjson.dumps(event))


def _pdf_of(document: dict[str, Any]) -> bytes | None:
    try:
        pages = base64.b64decode(str(document.get("file") or ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    return pages if pages.startswith(b"%PDF-") else None


def _public(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("id", "status", "pages")}


def _answer(status: int, document: dict[str, Any]) -> web.Response:
    metrics.SIMULATED.labels(_NAME, str(status)).inc()
    return web.json_response(document, status=status)


def application(webhooks: Webhooks) -> web.Application:
    """The service as an application, without health routes."""
    service = PrintService(webhooks)
    app = web.Application(client_max_size=_BODY_BYTES_MAX)
    app.add_routes(
        [
            web.post("/letters", service.take),
            web.get("/letters/{key}", service.tell),
            web.get("/letters/{key}/pdf", service.show),
            web.post("/returns", service.bring_back),
        ]
    )
    install(app, Faults(), service.received, lambda _: _NAME)
    return app


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    async with Webhooks.open(settings.letter_webhook_secret) as webhooks:
        await serve_forever(application(webhooks), settings)
