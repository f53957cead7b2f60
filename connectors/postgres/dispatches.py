"""The claims of messages: what makes sure that a message leaves at most once.

States: `claimed` (may be on its way), then for ever one of `sent`, `failed`, `unknown`,
`withdrawn`, `expired`. A row in an end state never changes again except for its receipt mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from connectors.postgres.pool import Pool

State = Literal["claimed", "sent", "failed", "unknown", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked for: the facts of a `message.requested.v1`."""

    message_id: str
    channel: str
    customer_id: str
    kind: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A claimed message as the table has it. `fresh`: this very call made the row."""

    message_id: str
    channel: str
    customer_id: str
    state: State
    reason: str | None
    not_after: datetime
    handed_over: bool
    finished_at: datetime | None
    receipted: bool
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A `message.withdrawn.v1`."""

    message_id: str
    customer_id: str
    because: str
    at: datetime


_COLUMNS = """
message_id, channel, customer_id, state, reason, not_after, handover_at, finished_at, receipt_at
"""

#: The time that counts: the simulated clock's row when there is one and it is asked for.
_NOW = "coalesce((SELECT now FROM simulated_clock WHERE $1), clock_timestamp())"

#: One statement, so one transaction: the claim, the clock and the withdrawals are looked at
#: together. A withdrawal beats an expiry: whoever is withdrawn needs no next channel.
_CLAIM = f"""
WITH clock AS (SELECT {_NOW} AS now),
     ask AS (
       SELECT clock.now,
              CASE WHEN w.message_id IS NOT NULL THEN 'withdrawn'
                   WHEN $6::timestamptz < clock.now THEN 'expired'
                   ELSE 'claimed' END AS state,
              coalesce(w.because, 'not_after') AS reason
       FROM clock LEFT JOIN withdrawals w ON w.message_id = $2)
INSERT INTO dispatches (message_id, channel, customer_id, kind, not_after,
                        state, reason, claimed_at, finished_at)
SELECT $2, $3, $4, $5, $6::timestamptz, state,
       CASE WHEN state <> 'claimed' THEN reason END,
       now, CASE WHEN state <> 'claimed' THEN now END
FROM ask
ON CONFLICT (message_id) DO NOTHING
RETURNING {_COLUMNS}
"""  # noqa: S608 - built from constants

_FINISH = f"""
UPDATE dispatches
SET state = $3, reason = $4, provider_id = $5, attempts = $6, finished_at = {_NOW}
WHERE message_id = $2 AND state = 'claimed'
RETURNING {_COLUMNS}
"""  # noqa: S608 - built from constants


def _dispatch(row: Any, *, fresh: bool = False) -> Dispatch:
    return Dispatch(
        message_id=row["message_id"],
        channel=row["channel"],
        customer_id=row["customer_id"],
        state=row["state"],
        reason=row["reason"],
        not_after=row["not_after"],
        handed_over=row["handover_at"] is not None,
        finished_at=row["finished_at"],
        receipted=row["receipt_at"] is not None,
        fresh=fresh,
    )


class Dispatches:
    """The table `dispatches`, and the withdrawals its claims are checked against.

    Every method is one statement and one transaction. All raise what `pool.LOST` lists when the
    server is away; then it is unknown whether the statement took effect, and calling again is
    safe.
    """

    def __init__(self, pool: Pool, *, simulated: bool) -> None:
        self._pool = pool
        self._simulated = simulated

    async def claim(self, ask: Claim) -> Dispatch:
        """The message's row, made by this call if there was none."""
        row = await self._pool.fetchrow(
            _CLAIM,
            self._simulated,
            ask.message_id,
            ask.channel,
            ask.customer_id,
            ask.kind,
            ask.not_after,
        )
        if row is not None:
            return _dispatch(row, fresh=True)
        return await self.get(ask.message_id)

    async def get(self, message_id: str) -> Dispatch:
        """The row as it is. Raises LookupError when there is none."""
        row = await self._pool.fetchrow(
            f"SELECT {_COLUMNS} FROM dispatches WHERE message_id = $1",  # noqa: S608 - constants
            message_id,
        )
        if row is None:
            raise LookupError(f"no dispatch {message_id!r}")
        return _dispatch(row)

    async def now(self) -> datetime:
        """The time that counts for `not_after`."""
        found: datetime = await self._pool.fetchval(f"SELECT {_NOW}", self._simulated)
        return found

    async def hand_over(self, message_id: str) -> bool:
        """Mark that the content is about to leave; False when somebody did so before."""
        done = await self._pool.fetchval(
            "UPDATE dispatches SET handover_at = clock_timestamp() "
            "WHERE message_id = $1 AND state = 'claimed' AND handover_at IS NULL RETURNING true",
            message_id,
        )
        return bool(done)

    async def take_back(self, message_id: str) -> None:
        """Undo `hand_over`: the other side has said that it did not take the content."""
        await self._pool.execute(
            "UPDATE dispatches SET handover_at = NULL WHERE message_id = $1 AND state = 'claimed'",
            message_id,
        )

    async def finish(
        self,
        message_id: str,
        state: State,
        *,
        reason: str | None = None,
        provider_id: str | None = None,
        attempts: int = 0,
    ) -> Dispatch:
        """Put a claimed row into an end state; a finished one stays. Gives the row as it is now."""
        row = await self._pool.fetchrow(
            _FINISH, self._simulated, message_id, state, reason, provider_id, attempts
        )
        return _dispatch(row) if row is not None else await self.get(message_id)

    async def mark_receipts(self, message_ids: Sequence[str]) -> None:
        """Their receipts are on the log. Forgetting this costs a repeated receipt, no more."""
        await self._pool.execute(
            "UPDATE dispatches SET receipt_at = clock_timestamp() WHERE message_id = ANY($1)",
            list(message_ids),
        )

    async def record_withdrawals(self, withdrawals: Iterable[Withdrawal]) -> None:
        """Remember them; known ones change nothing."""
        rows = [(w.message_id, w.customer_id, w.because, w.at) for w in withdrawals]
        if rows:
            await self._pool.execute(
                "INSERT INTO withdrawals (message_id, customer_id, because, at) "
                "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) "
                "ON CONFLICT (message_id) DO NOTHING",
                *map(list, zip(*rows, strict=True)),
            )
