"""Payment links: a signed token that says whose debt it opens, in which currency, and how long."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json

from domain.events.base import Data

_MAC_BYTES = hashlib.sha256().digest_size


class LinkClaims(Data):
    """What a link entitles to: see and pay the open debt of one customer in one currency."""

    customer_id: str
    currency: str
    message_id: str
    expires_at: dt.datetime
    #: Good for one payment: afterwards it opens no more.
    single_use: bool = False


class BadLink(Exception):
    """The token is `forged` (or damaged), `expired` or `used`: see `reason`.

    `claims` are those of a token that we signed, though it no longer opens anything.
    """

    def __init__(self, reason: str, claims: LinkClaims | None = None) -> None:
        super().__init__(reason)
        self.reason, self.claims = reason, claims


def _mac(secret: str, payload: bytes) -> bytes:
    # The purpose is part of what is signed: the secret also serves other things.
    return hmac.new(secret.encode(), b"payment-link\x00" + payload, hashlib.sha256).digest()


def sign(secret: str, claims: LinkClaims) -> str:
    """A token safe in a URL's path. `expires_at` counts in whole seconds."""
    payload = json.dumps(
        [
            claims.customer_id,
            claims.currency,
            claims.message_id,
            int(claims.expires_at.timestamp()),
            *([1] if claims.single_use else []),
        ],
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    return base64.urlsafe_b64encode(_mac(secret, payload) + payload).decode().rstrip("=")


def verify(secret: str, token: str, now: dt.datetime) -> LinkClaims:
    """The claims of a token we signed. Raises BadLink otherwise, or when it has expired."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadLink("forged") from None
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, payload)):
        raise BadLink("forged")
    customer_id, currency, message_id, expires, *more = json.loads(payload)
    claims = LinkClaims(
        customer_id=customer_id,
        currency=currency,
        message_id=message_id,
        expires_at=dt.datetime.fromtimestamp(expires, dt.UTC),
        single_use=bool(more),
    )
    if now >= claims.expires_at:
        raise BadLink("expired", claims)
    return claims
