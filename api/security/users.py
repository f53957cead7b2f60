"""Staff users and the brake on guessing their passwords, in Postgres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from api.security.passwords import Passwords
from runtime.settings import Login

FREE_FAILURES = 5
_FIRST_PAUSE_S = 2
_PAUSE_S_MAX = 900


@dataclass(frozen=True, slots=True)
class User:
    """Who is logged in, and as what."""

    name: str
    role: str


class TooManyFailures(Exception):
    """Wait until `until` before the next try."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


def pause_after(failures: int) -> timedelta:
    """Doubles with each failure beyond the free ones, up to a quarter of an hour."""
    if failures < FREE_FAILURES:
        return timedelta()
    seconds = _FIRST_PAUSE_S * 2 ** min(failures - FREE_FAILURES, 20)
    return timedelta(seconds=min(seconds, _PAUSE_S_MAX))


class Users:
    """Knows the staff."""

    def __init__(self, pool: asyncpg.Pool, passwords: Passwords) -> None:
        self._pool, self._passwords = pool, passwords

    async def seed(self, logins: Iterable[Login]) -> None:
        """Make the users of the settings exist with exactly these passwords and roles."""
        for login in logins:
            stored = await self._pool.fetchval(
                "SELECT password_hash FROM users WHERE name = $1", login.user
            )
            if not await self._passwords.matches(stored, login.password):
                stored = await self._passwords.hash(login.password)
            await self._pool.execute(
                """INSERT INTO users (name, password_hash, role) VALUES ($1, $2, $3)
                   ON CONFLICT (name) DO UPDATE SET password_hash = $2, role = $3""",
                login.user,
                stored,
                login.role,
            )

    async def check(self, name: str, password: str, now: datetime) -> User | None:
        """The user, or None for a wrong name or password. Raises `TooManyFailures`.

        Failures count for any name, known or not, so the pause tells nothing.
        """
        waiting = await self._pool.fetchval(
            "SELECT next_try_at FROM login_failures WHERE name = $1 AND next_try_at > $2", name, now
        )
        if waiting is not None:
            raise TooManyFailures(waiting)
        row = await self._pool.fetchrow(
            "SELECT password_hash, role FROM users WHERE name = $1", name
        )
        if not await self._passwords.matches(row["password_hash"] if row else None, password):
            await self._count_failure(name, now)
            return None
        await self._pool.execute("DELETE FROM login_failures WHERE name = $1", name)
        return User(name, row["role"])

    async def _count_failure(self, name: str, now: datetime) -> None:
        failures = await self._pool.fetchval(
            """INSERT INTO login_failures AS f (name, failures, next_try_at) VALUES ($1, 1, $2)
               ON CONFLICT (name) DO UPDATE SET failures = f.failures + 1
               RETURNING failures""",
            name,
            now,
        )
        await self._pool.execute(
            "UPDATE login_failures SET next_try_at = $2 WHERE name = $1",
            name,
            now + pause_after(failures),
        )
