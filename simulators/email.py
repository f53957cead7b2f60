"""A mail server that keeps what it gets: SMTP on the port of `settings.smtp`, HTTP for control.

Faults strike where they hurt most, after the content has arrived: an error is a 451, a hang ends
without a reply, garbage is a reply that is none (the mail was accepted).
"""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage, MIMEPart

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
    content = envelope.original_content or b""
    mail = email.message_from_bytes(content, EmailMessage, policy=email.policy.default)
    part = mail.get_body(("plain", "html"))
    return {
        "message_id": mail["X-Message-Id"],
        "to": envelope.rcpt_tos[0] if envelope.rcpt_tos else None,
        "from": envelope.mail_from,
        "subject": mail["Subject"],
        "body": _text(part) if part is not None else "",
        "received_at": utc_now().isoformat(),
    }


def _text(part: MIMEPart) -> str:
    """The text as it was written: line breaks and the one that ends a mail are the format's."""
    text: str = part.get_content()
    return text.replace("\r\n", "\n").removesuffix("\n")


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
