"""SMS and push gateways over HTTP: `POST /messages` with an idempotency key, `GET /messages/{key}`.

The provider promises: the same key again is the same message, and it answers for every key
whether it took it. So a lost answer is asked for, and repeated only after a clear no.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

from connectors.gateways.ports import (
    Absent,
    Accepted,
    Answer,
    BeforeHandover,
    Outcome,
    Outgoing,
    Rejected,
    TryLater,
    Uncertain,
)

#: Client errors that concern the moment and not the message.
_PASSING = frozenset({408, 425, 429})
#: An answer of ours is a few bytes; more than this is babble and not read.
_ANSWER_BYTES_MAX = 64 * 1024


class HttpGateway:
    """One provider at `base_url`. The session is shared; `timeout_s` bounds each call."""

    can_be_asked = True

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, *, timeout_s: float = 5.0
    ) -> None:
        self._session = session
        self._url = base_url.rstrip("/") + "/messages"
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=min(2.0, timeout_s))

    async def send(self, message: Outgoing, before_handover: BeforeHandover) -> Outcome:
        """See `Gateway`."""
        document = {
            "message_id": message.message_id,
            "to": message.to,
            "subject": message.subject,
            "body": message.body,
            "language": message.language,
        }
        body = orjson.dumps({name: value for name, value in document.items() if value is not None})
        if not await before_handover():
            return Uncertain("handed_over_before")
        headers = {"Idempotency-Key": message.message_id, "Content-Type": "application/json"}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                status, answer = response.status, await _document(response)
        except aiohttp.ClientConnectorError:
            return TryLater("unreachable")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Uncertain(type(error).__name__)
        return _outcome(status, answer)

    async def ask(self, message_id: str) -> Answer:
        """See `Gateway`."""
        url = f"{self._url}/{quote(message_id, safe='')}"
        try:
            async with self._session.get(url, timeout=self._timeout) as response:
                status, answer = response.status, await _document(response)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Uncertain(type(error).__name__)
        if status == 404 and answer is not None:
            return Absent()
        if status == 200 and answer is not None:
            return Accepted(_provider_id(answer))
        return Uncertain(f"http_{status}")


async def _document(response: aiohttp.ClientResponse) -> dict[str, Any] | None:
    """The JSON object of an answer, None for anything else."""
    raw = await response.content.read(_ANSWER_BYTES_MAX)
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _provider_id(answer: dict[str, Any]) -> str | None:
    found = answer.get("id")
    return str(found) if found is not None else None


def _outcome(status: int, answer: dict[str, Any] | None) -> Outcome:
    if status in {200, 201, 202}:
        # A success that can't be read may come from anything on the way: ask.
        return Accepted(_provider_id(answer)) if answer is not None else Uncertain("garbage")
    if status >= 500 or status in _PASSING:
        return TryLater(f"http_{status}")
    if 400 <= status < 500:
        return Rejected(f"http_{status}")
    return Uncertain(f"http_{status}")
