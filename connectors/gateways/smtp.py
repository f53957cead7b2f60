"""E-mail over SMTP. Nobody can be asked whether a mail arrived, and mail servers don't deduplicate.

So the conversation is taken step by step. Up to DATA nothing has been handed over and a failure
may be repeated. Right before DATA the hand-over is marked; from then on only a clear refusal of
the server (a reply with a code) allows another try, and silence is an unknown outcome for ever.

A connection over which all went well is kept for the next mail: greeting and leaving cost the
server more than the mail does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

import aiosmtplib

from connectors.gateways.mail import mail_of
from connectors.gateways.ports import (
    Accepted,
    Answer,
    BeforeHandover,
    Outcome,
    Outgoing,
    Rejected,
    TryLater,
    Uncertain,
)

_TRANSIENT = range(400, 500)
_PERMANENT = range(500, 600)
_QUIT_S = 1.0
#: Well below the five minutes that a server waits at least (RFC 5321, 4.5.3.2.7).
_KEEP_S_MAX = 60.0


class SmtpGateway:
    """One mail server at `address` (host:port). `timeout_s` bounds each step."""

    can_be_asked = False

    def __init__(self, address: str, mail_from: str, *, timeout_s: float = 10.0) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host, int(port)
        self._from = mail_from
        self._domain = mail_from.rpartition("@")[2]
        self._timeout_s = timeout_s
        self._kept: deque[tuple[aiosmtplib.SMTP, float]] = deque()

    async def ask(self, message_id: str) -> Answer:
        """Nobody knows."""
        del message_id
        return Uncertain("mail_cannot_be_asked")

    async def send(self, message: Outgoing, before_handover: BeforeHandover) -> Outcome:
        """See `Gateway`. `before_handover` is awaited after RCPT was accepted, before DATA."""
        try:
            content = mail_of(message, self._from)
        except (ValueError, UnicodeError):  # a line break in a header, an address that is none
            return Rejected("invalid_mail")
        client = await self._connection()
        outcome: Outcome | None = None
        try:
            outcome = await self._converse(client, message.to, content, before_handover)
        finally:
            if isinstance(outcome, Accepted):
                self._kept.append((client, asyncio.get_running_loop().time()))
            else:
                await _leave(client)
        return outcome

    async def _connection(self) -> aiosmtplib.SMTP:
        """One that was kept and still stands, else one that is not connected yet."""
        stale = []
        now = asyncio.get_running_loop().time()
        while self._kept and now - self._kept[0][1] >= _KEEP_S_MAX:
            stale.append(self._kept.popleft()[0])
        await asyncio.gather(*map(_leave, stale))
        while self._kept:
            client, _ = self._kept.pop()
            if client.is_connected:
                return client
            client.close()
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout_s,
            start_tls=None,
            # How we greet; the default would ask the resolver for our own name, for each mail.
            local_hostname=self._domain,
        )

    async def _converse(
        self, client: aiosmtplib.SMTP, to: str, content: bytes, before_handover: BeforeHandover
    ) -> Outcome:
        try:
            if not client.is_connected:
                await client.connect()
            await client.mail(self._from)
            await client.rcpt(to)
        except aiosmtplib.SMTPResponseException as error:
            return _refusal(error.code) or TryLater("garbage")
        except ValueError:  # aiosmtplib refuses what would end the command and start another
            return Rejected("invalid_address")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return TryLater(type(error).__name__)
        if not await before_handover():
            return Uncertain("handed_over_before")
        try:
            await client.data(content)
        except aiosmtplib.SMTPResponseException as error:
            return _refusal(error.code) or Uncertain("garbage")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return Uncertain(type(error).__name__)
        return Accepted()

    async def close(self) -> None:
        """Leave the connections that were kept."""
        while self._kept:
            await _leave(self._kept.pop()[0])


def _refusal(code: int) -> Outcome | None:
    """What a reply other than success means; None when it is no refusal (RFC 5321, 4.2.1)."""
    if code in _PERMANENT:
        return Rejected(f"smtp_{code}")
    return TryLater(f"smtp_{code}") if code in _TRANSIENT else None


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; whether the server hears it changes nothing."""
    if client.is_connected:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(_QUIT_S):
                await client.quit()
    client.close()
