"""Server-side sessions: the cookie is a random token, Postgres keeps only its hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import asyncpg

from api.security.users import User

COOKIE = "dunnock_session"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class Sessions:
    """Opens, finds and closes sessions."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def open(self, user: User, now: datetime) -> str:
        """A new token; sessions that have ended are swept away on the way."""
        token = secrets.token_urlsafe(32)
        await self._pool.execute("DELETE FROM sessions WHERE ends_at < $1 OR idle_at < $1", now)
        await self._pool.execute(
            """INSERT INTO sessions (token_hash, user_name, idle_at, ends_at)
               VALUES ($1, $2, $3, $4)""",
            _digest(token),
            user.name,
            now + IDLE,
            now + LONGEST,
        )
        return token

    async def user_of(self, token: str, now: datetime) -> User | None:
        """The user with today's role, or None when the session is unknown or over."""
        row = await self._pool.fetchrow(
            """UPDATE sessions AS s SET idle_at = $3 FROM users AS u
               WHERE s.token_hash = $1 AND u.name = s.user_name
                 AND s.ends_at > $2 AND s.idle_at > $2
               RETURNING u.name, u.role""",
            _digest(token),
            now,
            now + IDLE,
        )
        return User(row["name"], row["role"]) if row else None

    async def close(self, token: str) -> None:
        await self._pool.execute("DELETE FROM sessions WHERE token_hash = $1", _digest(token))
