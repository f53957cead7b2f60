"""The payment provider's side of a test: its webhook, signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from aiohttp import ClientSession
from standardwebhooks.webhooks import Webhook

from tests.contract.api.rig import WEBHOOK_SECRET


async def notify(
    client: ClientSession, reference: str, minor: int, secret: str = WEBHOOK_SECRET
) -> int:
    """Report the order paid; gives our answer's status."""
    at = datetime.now(UTC)
    data = {"id": "pay_1", "reference": reference, "amount": {"minor": minor, "currency": "EUR"}}
    body = json.dumps({"type": "payment.paid", "timestamp": at.isoformat(), "data": data})
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, body),
    }
    async with client.post("/psp/webhook", data=body, headers=headers) as answer:
        return answer.status
