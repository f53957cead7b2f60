"""Webhooks of providers, signed as Standard Webhooks says: payments and the post alike."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.problems import Problem


def verified(secret: str, body: bytes, request: web.Request) -> dict[str, Any]:
    """The event in `body`. Raises Problem 401 for a foreign signature, 400 for no object."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        Webhook(secret).verify(body, headers)
        event = json.loads(body)
    except (WebhookVerificationError, ValueError):
        raise Problem(401, "bad-signature", "The signature does not fit.") from None
    if not isinstance(event, dict):
        raise Problem(400, "bad-webhook", "The body is no event.")
    return event
