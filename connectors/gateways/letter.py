"""A print-and-mail service: `POST /letters` with the PDF and an idempotency key.

`GET /letters/{key}` answers for each key, as the other HTTP gateways do. What becomes of a letter
(posted, returned) comes later as a signed webhook (api/post).
"""

from __future__ import annotations

import asyncio
import base64

import aiohttp
import orjson

from connectors.gateways.http import HttpGateway
from connectors.gateways.ports import Outgoing, Rejected
from connectors.letters.pdf import Letter, Unprintable, render


class LetterGateway(HttpGateway):
    """The service at `base_url`; `webhook_url` is where it tells what became of a letter."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        timeout_s: float = 5.0,
        webhook_url: str = "",
    ) -> None:
        super().__init__(session, base_url, timeout_s=timeout_s, path="/letters")
        self._webhook_url = webhook_url

    async def _content(self, message: Outgoing) -> bytes | Rejected:
        """The letter on paper, and its words beside it for whoever can't read a PDF."""
        paper = message.paper
        if paper is None:
            return Rejected("no_postal_address")
        letter = Letter(
            recipient=paper.recipient,
            sender=paper.sender,
            brand=paper.brand,
            subject=message.subject or paper.brand,
            body=message.body,
            date=paper.date,
            reference=message.message_id,
            link=paper.link,
        )
        try:
            pages = await asyncio.to_thread(render, letter)
        except Unprintable as fault:
            return Rejected(str(fault))
        document = {
            "reference": message.message_id,
            "recipient": list(paper.recipient),
            "language": message.language,
            "text": message.body,
            "file": base64.b64encode(pages).decode(),
            "webhook_url": self._webhook_url or None,
        }
        return orjson.dumps({name: value for name, value in document.items() if value is not None})
