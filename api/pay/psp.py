"""The payment service provider as we see it: make a payment, get the address of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
import stamina

_TIMEOUT = aiohttp.ClientTimeout(total=8, connect=2)
_ATTEMPTS_MAX = 3


class PspUnavailable(Exception):
    """The provider did not make the payment; nothing was charged."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid. The same idempotency key twice is one payment."""

    amount: dict[str, Any]
    description: str
    return_url: str
    webhook_url: str
    reference: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """The provider's page for one payment."""

    psp_id: str
    url: str


class Psp(Protocol):
    """What is needed of a provider."""

    @property
    def origin(self) -> str:
        """Where the hosted pages are, for the browser's content policy."""

    async def create(self, order: Order) -> Checkout:
        """Raises `PspUnavailable`."""


class HttpPsp:
    """Talks JSON over HTTP; safe to repeat because of the idempotency key."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url.rstrip("/")

    @property
    def origin(self) -> str:
        return self._url

    async def create(self, order: Order) -> Checkout:
        body = {
            "amount": order.amount,
            "description": order.description,
            "return_url": order.return_url,
            "webhook_url": order.webhook_url,
            "reference": order.reference,
            "idempotency_key": order.idempotency_key,
        }
        headers = {"Idempotency-Key": order.idempotency_key}
        try:
            async for attempt in stamina.retry_context(
                on=(aiohttp.ClientError, TimeoutError), attempts=_ATTEMPTS_MAX, timeout=10
            ):
                with attempt:
                    return await self._post(body, headers)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise PspUnavailable(type(error).__name__) from error
        raise PspUnavailable("no attempt was made")

    async def _post(self, body: dict[str, Any], headers: dict[str, str]) -> Checkout:
        async with self._http.post(
            f"{self._url}/payments", json=body, headers=headers, timeout=_TIMEOUT
        ) as answer:
            answer.raise_for_status()
            said = await answer.json()
            return Checkout(str(said["id"]), str(said["checkout_url"]))
