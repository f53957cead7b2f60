"""The claims of messages: what makes sure that a message leaves at most once.

States: `claimed` (may be on its way), then for ever one of `sent`, `failed`, `unknown`,
`withdrawn`, `expired`. A row in an end state never changes again except for its receipt mark.
While content may have left, `handed_over` is true; only a clear word of the gateway undoes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from connectors.postgres.dispatch_rows import Claim, Dispatch, State, Withdrawal, dispatch
from connectors.postgres.pool import Pool

#: The time that counts: the simulated clock's row when there is one and it is asked for ($1).
_NOW = "coalesce((SELECT now FROM simulated_clock WHERE $1), clock_timestamp())"

#: $2 is the real time for which a gateway is tried, whatever the simulated clock says.
_OVERDUE = f"""(not_after < {_NOW}
    OR clock_timestamp() - tried_since > $2::float8 * interval '1 second')"""

_COLUMNS = f"""
message_id, channel, customer_id, state, reason, not_after, handover_at, finished_at, receipt_at,
attempts, {_OVERDUE} AS overdue
"""

#: One statement, so one transaction: the claim, the clock and the withdrawals are looked at
#: together. A withdrawal beats an expiry: whoever is withdrawn needs no next channel.
_CLAIM = f"""
WITH clock AS (SELECT {_NOW} AS now),
     ask AS (
       SELECT clock.now,
              CASE WHEN w.message_id IS NOT NULL THEN 'withdrawn'
                   WHEN $7::timestamptz < clock.now THEN 'expired'
                   ELSE 'claimed' END AS state,
              coalesce(w.because, 'not_after') AS reason
       FROM clock LEFT JOIN withdrawals w ON w.message_id = $3)
INSERT INTO dispatches (message_id, channel, customer_id, kind, not_after,
                        state, reason, claimed_at, finished_at, handover_at)
SELECT $3, $4, $5, $6, $7::timestamptz, state,
       CASE WHEN state <> 'claimed' THEN reason END,
       now, CASE WHEN state <> 'claimed' THEN now END,
       CASE WHEN state = 'claimed' AND $8 THEN clock_timestamp() END
FROM ask
ON CONFLICT (message_id) DO NOTHING
RETURNING {_COLUMNS}
"""  # noqa: S608 - built from constants

_GET = f"SELECT {_COLUMNS} FROM dispatches WHERE message_id = $3"  # noqa: S608 - constants

_FINISH = f"""
UPDATE dispatches
SET state = $4, reason = $5, provider_id = $6, finished_at = {_NOW}
WHERE message_id = $3 AND state = 'claimed'
RETURNING {_COLUMNS}
"""  # noqa: S608 - built from constants

#: Before another try: has it been withdrawn meanwhile, or is it too late?
_RECONSIDER = f"""
WITH verdict AS (
  SELECT CASE WHEN w.message_id IS NOT NULL THEN 'withdrawn'
              WHEN {_OVERDUE} THEN 'failed' ELSE 'claimed' END AS state,
         coalesce(w.because, 'gave_up') AS reason
  FROM dispatches d LEFT JOIN withdrawals w USING (message_id) WHERE d.message_id = $3)
UPDATE dispatches
SET state = verdict.state, attempts = attempts + 1,
    reason = CASE WHEN verdict.state <> 'claimed' THEN verdict.reason END,
    finished_at = CASE WHEN verdict.state <> 'claimed' THEN {_NOW} END
FROM verdict
WHERE message_id = $3 AND dispatches.state = 'claimed' AND handover_at IS NULL
RETURNING {_COLUMNS.replace(" state, reason,", " dispatches.state, dispatches.reason,")}
"""  # noqa: S608 - built from constants


class Dispatches:
    """The table `dispatches`, and the withdrawals its claims are checked against.

    Every method is one statement and one transaction. All raise what `pool.LOST` lists when the
    server is away; then it is unknown whether the statement took effect, and calling again is
    safe.
    """

    def __init__(self, pool: Pool, *, simulated: bool, give_up_s: float) -> None:
        self._pool = pool
        self._clock = (simulated, give_up_s)

    async def claim(self, ask: Claim, *, handed_over: bool) -> Dispatch:
        """The message's row, made by this call if there was none.

        With `handed_over` a new claim counts as handed over at once: right where the content
        leaves next and the gateway can be asked about it.
        """
        row = await self._pool.fetchrow(
            _CLAIM,
            *self._clock,
            ask.message_id,
            ask.channel,
            ask.customer_id,
            ask.kind,
            ask.not_after,
            handed_over,
        )
        return await self.get(ask.message_id) if row is None else dispatch(row, fresh=True)

    async def get(self, message_id: str) -> Dispatch:
        """The row as it is. Raises LookupError when there is none."""
        row: Any = await self._pool.fetchrow(_GET, *self._clock, message_id)
        if row is None:
            raise LookupError(f"no dispatch {message_id!r}")
        return dispatch(row)

    async def hand_over(self, message_id: str) -> bool:
        """Mark that the content is about to leave; False when somebody did so before."""
        done = await self._pool.fetchval(
            "UPDATE dispatches SET handover_at = clock_timestamp() "
            "WHERE message_id = $1 AND state = 'claimed' AND handover_at IS NULL RETURNING true",
            message_id,
        )
        return bool(done)

    async def take_back(self, message_id: str) -> None:
        """Undo the hand-over: the other side has said that it does not have the content."""
        await self._pool.execute(
            "UPDATE dispatches SET handover_at = NULL WHERE message_id = $1 AND state = 'claimed'",
            message_id,
        )

    async def reconsider(self, message_id: str) -> Dispatch:
        """Before another try of what is not handed over: withdrawn meanwhile, or too late?

        Gives the row as it is then, `claimed` if the try may go on.
        """
        row = await self._pool.fetchrow(_RECONSIDER, *self._clock, message_id)
        return await self.get(message_id) if row is None else dispatch(row)

    async def finish(
        self,
        message_id: str,
        state: State,
        *,
        reason: str | None = None,
        provider_id: str | None = None,
    ) -> Dispatch:
        """Put a claimed row into an end state; a finished one stays. Gives the row as it is now."""
        row = await self._pool.fetchrow(
            _FINISH, *self._clock, message_id, state, reason, provider_id
        )
        return await self.get(message_id) if row is None else dispatch(row)

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

    async def now(self) -> datetime:
        """The time that counts for `not_after`."""
        found: datetime = await self._pool.fetchval(f"SELECT {_NOW}", self._clock[0])
        return found
