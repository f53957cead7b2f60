"""Protection of forms: a random cookie and a field (or header) derived from it must agree.

Another site can make a browser send the cookie but can neither read it nor derive the field,
for that takes our secret. The session's token is part of it: a field from before the login is
worth nothing after it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

COOKIE = "dunnock_form"
FIELD = "csrf"
HEADER = "X-CSRF-Token"


def new_seed() -> str:
    """A value for the cookie."""
    return secrets.token_urlsafe(24)


def token_for(secret: str, seed: str, session_token: str) -> str:
    """The field that belongs to the cookie `seed` in this session (empty: nobody logged in)."""
    message = f"form:{seed}:{session_token}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def is_valid(secret: str, seed: str, session_token: str, given: str) -> bool:
    """Whether `given` is that field; takes the same time for every wrong one."""
    expected = token_for(secret, seed, session_token)
    return bool(seed) and hmac.compare_digest(expected.encode(), given.encode())
