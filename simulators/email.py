"""A mail server that keeps what it gets: SMTP on the port of `settings.smtp`, HTTP for control.

Faults strike where they hurt most, after the content has arrived: an error is a 451, a hang ends
without a reply, garbage is a reply that is none (the mail was accepted).
"""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.header import decode_header, make_header
from email.message import Message

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from runtime import metrics
from runtime.clock import utc_now
from runtime.settings import Settings
from simulators.faults import Faults, Received, Suffered, install
from simulators.serve import serve_forever

_NAME = "email"
_IDLE_S_MAX = 300.0


class Mailbox:
    """aiosmtpd's handler: called for each mail whose content is complete."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.received = Received()

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """The reply to the end of DATA."""
        outcome = await self.faults.suffer(_NAME)
        metrics.SIMULATED.labels(_NAME, outcome.value).inc()
        if outcome is Suffered.ERROR:
            return "451 4.3.0 simulated failure"
        if outcome is Suffered.HUNG:
            if server.transport is not None:
                server.transport.close()
            return "421 4.3.2 simulated end"
        self.received.add(_entry(envelope))
        return "<html>{" if outcome is Suffered.GARBAGE else "250 2.0.0 accepted"


def _entry(envelope: Envelope) -> dict[str, object]:
    # The older, plain policy: the newer one parses headers for longer than all else takes here.
    mail = email.message_from_bytes(envelope.original_content or b"")
    return {
        "message_id": mail["X-Message-Id"],
        "to": envelope.rcpt_tos[0] if envelope.rcpt_tos else None,
        "from": envelope.mail_from,
        "subject": str(make_header(decode_header(mail["Subject"] or ""))),
        "body": next((_text(part) for part in mail.walk() if not part.is_multipart()), ""),
        "received_at": utc_now().isoformat(),
    }


def _text(part: Message) -> str:
    """The text as it was written: CRLF as line break is the format's."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise TypeError("a part that is not multipart has bytes")
    text = content.decode(part.get_content_charset("ascii"), errors="replace")
    return text.replace("\r\n", "\n")


def application(mailbox: Mailbox) -> web.Application:
    """The control routes."""
    app = web.Application()
    install(app, mailbox.faults, mailbox.received, lambda _: _NAME)
    return app


@asynccontextmanager
async def smtp_server(mailbox: Mailbox, host: str, port: int) -> AsyncIterator[int]:
    """Speak SMTP inside the block; gives the port, which the system chooses for port 0."""
    loop = asyncio.get_running_loop()

    def speak() -> SMTP:
        return SMTP(
            mailbox, enable_SMTPUTF8=True, hostname="localhost", timeout=_IDLE_S_MAX, loop=loop
        )

    server = await loop.create_server(speak, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    mailbox = Mailbox()
    port = int(settings.smtp.rpartition(":")[2])
    async with smtp_server(mailbox, settings.listen_host, port):
        await serve_forever(application(mailbox), settings)
