"""Asking a bureau whether an answer that it gave earlier still stands.

What is kept saves the price of a question, not its truth: a person is never judged by what the
bureau has corrected since. The question names a call of ours and nobody, and costs nothing.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import aiohttp
import orjson

from connectors.bureaus.desk import Desk
from connectors.bureaus.registry import Provider

#: A bureau that needs longer for this is asked the question itself.
CONFIRM_S_MAX = 1.0
_BODY_BYTES_MAX = 256


async def still_stands(provider: Provider, call_id: str, desk: Desk) -> bool:
    """True only when the bureau says so. Raises nothing but CancelledError."""
    url = f"{desk.base_url.rstrip('/')}/{provider.id}/calls/{quote(call_id, safe='')}"
    try:
        async with (
            asyncio.timeout(CONFIRM_S_MAX),
            desk.session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                return False
            told = orjson.loads(await response.content.read(_BODY_BYTES_MAX))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("current") is True
