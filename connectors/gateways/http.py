"""SMS and push gateways over HTTP: `POST /messages` with an idempotency key, `GET /messages/{key}`.

The provider promises: the same key again is the same message, and it answers for every key
whether it took it. So a lost answer is asked for, and repeated only after a clear no.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
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

#: Answers with which a provider may ask for a pause.
_PAUSING = frozenset({429, 503})
#: Client errors that concern the moment and not the message.
_PASSING = frozenset({408, 425, 429})
#: A provider that asks for a longer pause is asked again sooner: its message may be urgent.
PAUSE_S_MAX = 60.0
#: An answer of ours is a few bytes; more than this is babble and not read.
_ANSWER_BYTES_MAX = 64 * 1024


class HttpGateway:
    """One provider at `base_url`. The session is shared; `timeout_s` bounds each call."""

    can_be_asked = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        timeout_s: float = 5.0,
        path: str = "/messages",
    ) -> None:
        self._session = session
        self._url = base_url.rstrip("/") + path
        self._pause_ends = 0.0
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=min(2.0, timeout_s))

    async def send(self, message: Outgoing, before_handover: BeforeHandover) -> Outcome:
        """See `Gateway`. After a 429 nothing is sent until the pause it asked for is over."""
        wait_s = self._pause_ends - _monotonic()
        if wait_s > 0:
            return TryLater("paused", wait_s)
        body = await self._content(message)
        if isinstance(body, Rejected):
            return body
        if not await before_handover():
            return Uncertain("handed_over_before")
        headers = {"Idempotency-Key": message.message_id, "Content-Type": "application/json"}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                status, answer = response.status, await _document(response)
                pause_s = asked_pause(response.headers)
        except aiohttp.ClientConnectorError:
            return TryLater("unreachable")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Uncertain(type(error).__name__)
        if status in _PAUSING and pause_s:
            self._pause_ends = _monotonic() + pause_s
            return TryLater(f"http_{status}", pause_s)
        return _outcome(status, answer)

    async def _content(self, message: Outgoing) -> bytes | Rejected:
        """What is posted; a refusal when the message can't be put into the provider's form."""
        document = {
            "message_id": message.message_id,
            "to": message.to,
            "subject": message.subject,
            "body": message.body,
            "language": message.language,
        }
        return orjson.dumps({name: value for name, value in document.items() if value is not None})

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


def asked_pause(headers: Mapping[str, str]) -> float:
    """Seconds that `Retry-After` asks for, bounded; 0 when it is absent or not to be understood.

    A date counts from the answer's own `Date`: the two clocks need not agree (RFC 9110, 10.2.3).
    """
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal() and said.isascii():
        return min(float(said[:9]), PAUSE_S_MAX)
    try:
        then = parsedate_to_datetime(said)
        since = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, min((then - since).total_seconds(), PAUSE_S_MAX))
    except (ValueError, TypeError):
        return 0.0


def _monotonic() -> float:
    return asyncio.get_running_loop().time()


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
