"""Checks passwords with Argon2id, off the event loop and a few at a time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: RFC 9106, second recommended option, with less memory: logins must not crowd out the workers.
_STRONG = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_AT_ONCE_MAX = 2
PASSWORD_CHARACTERS_MAX = 256


class Passwords:
    """Hashes and checks; the caller waits for its turn."""

    def __init__(self, hasher: PasswordHasher = _STRONG) -> None:
        self._hasher = hasher
        self._slots = asyncio.Semaphore(_AT_ONCE_MAX)
        #: Checked when the user does not exist, so that the answer takes as long.
        self._nobody = hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """`stored` None: nobody has that name; takes the same time and is never true."""
        if len(password) > PASSWORD_CHARACTERS_MAX:
            return False
        async with self._slots:
            matched = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return matched and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
