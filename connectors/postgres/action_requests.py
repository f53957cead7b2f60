"""Decisions of staff that wait for a second person. The table enforces that there are two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import asyncpg

from connectors.postgres.pool import Pool

_COLUMNS = """request_id, customer_id, ce_type, data, reason, requested_by, requested_at, state,
              decided_by, decided_at, comment"""
_LISTED_MAX = 200


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One decision: what is asked, by whom, and what became of it."""

    request_id: str
    customer_id: str
    ce_type: str
    data: dict[str, Any]
    reason: str
    requested_by: str
    requested_at: datetime
    state: Literal["waiting", "approved", "refused"]
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None


class SamePerson(Exception):
    """Who asked for it may not decide it."""


class AlreadyDecided(Exception):
    """Somebody was quicker; `request` says who and how."""

    def __init__(self, request: ActionRequest) -> None:
        super().__init__(request.request_id)
        self.request = request


class ActionRequests:
    """Methods raise what `pool.LOST` lists when the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ask(
        self,
        request_id: str,
        customer_id: str,
        ce_type: str,
        data: dict[str, Any],
        *,
        reason: str,
        by: str,
        at: datetime,
    ) -> None:
        """Keep it for a second person. The same request again changes nothing."""
        await self._pool.execute(
            """INSERT INTO action_requests
                 (request_id, customer_id, ce_type, data, reason, requested_by, requested_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING""",
            *(request_id, customer_id, ce_type, data, reason, by, at),
        )

    async def get(self, request_id: str) -> ActionRequest | None:
        row = await self._pool.fetchrow(
            f"SELECT {_COLUMNS} FROM action_requests WHERE request_id = $1",  # noqa: S608 - a constant
            request_id,
        )
        return None if row is None else ActionRequest(**dict(row))

    async def waiting(self) -> list[ActionRequest]:
        """The oldest first, at most 200."""
        rows = await self._pool.fetch(
            f"SELECT {_COLUMNS} FROM action_requests WHERE state = 'waiting'"  # noqa: S608 - constants
            " ORDER BY requested_at LIMIT $1",
            _LISTED_MAX,
        )
        return [ActionRequest(**dict(row)) for row in rows]

    async def of_customer(self, customer_id: str) -> list[ActionRequest]:
        """The newest first, at most 200."""
        rows = await self._pool.fetch(
            f"SELECT {_COLUMNS} FROM action_requests WHERE customer_id = $1"  # noqa: S608 - constants
            " ORDER BY requested_at DESC LIMIT $2",
            customer_id,
            _LISTED_MAX,
        )
        return [ActionRequest(**dict(row)) for row in rows]

    async def decide(
        self, request_id: str, verdict: Literal["approved", "refused"], *, by: str, comment: str,
        at: datetime,
    ) -> ActionRequest | None:  # fmt: skip
        """The request as decided; None: there is none. Raises SamePerson or AlreadyDecided."""
        try:
            row = await self._pool.fetchrow(
                f"""UPDATE action_requests
                    SET state = $2, decided_by = $3, decided_at = $4, comment = nullif($5, '')
                    WHERE request_id = $1 AND state = 'waiting' RETURNING {_COLUMNS}""",  # noqa: S608 - constants
                *(request_id, verdict, by, at, comment),
            )
        except asyncpg.CheckViolationError as error:
            if error.constraint_name == "four_eyes":
                raise SamePerson from None
            raise
        if row is not None:
            return ActionRequest(**dict(row))
        known = await self.get(request_id)
        if known is not None:
            raise AlreadyDecided(known)
        return None

    async def unpublished(self) -> list[ActionRequest]:
        """Approved, and not on the log as far as we know: publish them (again)."""
        rows = await self._pool.fetch(
            f"SELECT {_COLUMNS} FROM action_requests"  # noqa: S608 - constants
            " WHERE state = 'approved' AND published_at IS NULL ORDER BY decided_at LIMIT $1",
            _LISTED_MAX,
        )
        return [ActionRequest(**dict(row)) for row in rows]

    async def published(self, request_id: str, at: datetime) -> None:
        """It is on the log."""
        await self._pool.execute(
            "UPDATE action_requests SET published_at = coalesce(published_at, $2)"
            " WHERE request_id = $1",
            request_id,
            at,
        )
