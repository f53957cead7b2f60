"""The claims of messages: what makes sure that a message leaves at most once.

States: `claimed` (may be on its way), then for ever one of `sent`, `failed`, `unknown`,
`withdrawn`, `expired`. A row in an end state never changes again except for its receipt mark.
While content may have left, `handed_over` is true; only a clear word of the gateway undoes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connectors.postgres.dispatch_rows import Claim, Dispatch, State, Withdrawal, dispatch
from connectors.postgres.grouped import Grouped
from connectors.postgres.pool import Pool
from connectors.simulated_clock import STARTS_AT

_End = tuple[str, State, str | None, str | None]

#: The time that counts. On the simulated clock ($1) that of its row, or its beginning.
_NOW = f"""CASE WHEN $1 THEN coalesce((SELECT now FROM simulated_clock),
    timestamptz '{STARTS_AT.isoformat()}') ELSE clock_timestamp() END"""  # noqa: S608 - constant

#: $2 is the real time for which a gateway is tried, whatever the simulated clock says.
_OVERDUE = f"""(not_after < {_NOW}
    OR clock_timestamp() - tried_since > $2::float8 * interval '1 second')"""

_COLUMNS = f"""
message_id, channel, customer_id, state, reason, not_after, handover_at, finished_at, receipt_at,
attempts, {_OVERDUE} AS overdue
"""

#: The same where another table in the query has a state too.
_QUALIFIED = _COLUMNS.replace(" state, reason,", " dispatches.state, dispatches.reason,")

#: One statement, so one transaction: the claims, the clock and the withdrawals are looked at
#: together. A withdrawal beats an expiry: whoever is withdrawn needs no next channel. In the order
#: of the ids, so that two processes that meet don't lock each other.
_CLAIM = f"""
WITH clock AS (SELECT {_NOW} AS now),
     ask AS (
       SELECT q.*, clock.now,
              CASE WHEN w.message_id IS NOT NULL THEN 'withdrawn'
                   WHEN q.not_after < clock.now THEN 'expired'
                   ELSE 'claimed' END AS state,
              coalesce(w.because, 'not_after') AS reason
       FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bool[])
            AS q (message_id, channel, customer_id, kind, not_after, handed_over)
       CROSS JOIN clock LEFT JOIN withdrawals w USING (message_id)
       ORDER BY message_id)
INSERT INTO dispatches (message_id, channel, customer_id, kind, not_after,
                        state, reason, claimed_at, finished_at, handover_at)
SELECT message_id, channel, customer_id, kind, not_after, state,
       CASE WHEN state <> 'claimed' THEN reason END,
       now, CASE WHEN state <> 'claimed' THEN now END,
       CASE WHEN state = 'claimed' AND handed_over THEN clock_timestamp() END
FROM ask
ON CONFLICT (message_id) DO NOTHING
RETURNING {_COLUMNS}
"""  # noqa: S608 - built from constants

_GET = f"SELECT {_COLUMNS} FROM dispatches WHERE message_id = ANY($3)"  # noqa: S608 - constants

_FINISH = f"""
UPDATE dispatches
SET state = done.state, reason = done.reason, provider_id = done.provider_id, finished_at = {_NOW}
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[])
     AS done (id, state, reason, provider_id)
WHERE message_id = done.id AND dispatches.state = 'claimed'
RETURNING {_QUALIFIED}
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
RETURNING {_QUALIFIED}
"""  # noqa: S608 - built from constants


class Dispatches:
    """The table `dispatches`, and the withdrawals its claims are checked against.

    Every method is one statement and one transaction; claims and ends that come together share
    one. All raise what `pool.LOST` lists when the server is away; then it is unknown whether the
    statement took effect, and calling again is safe.
    """

    def __init__(self, pool: Pool, *, simulated: bool, give_up_s: float) -> None:
        self._pool = pool
        self._clock = (simulated, give_up_s)
        self._claims = Grouped(self._claim_all)
        self._ends = Grouped(self._finish_all)

    async def claim(self, ask: Claim) -> Dispatch:
        """The message's row, made by this call if there was none."""
        return await self._claims.ask(ask)

    async def _claim_all(self, asks: Sequence[Claim]) -> list[Dispatch]:
        rows = await self._pool.fetch(
            _CLAIM,
            *self._clock,
            [ask.message_id for ask in asks],
            [ask.channel for ask in asks],
            [ask.customer_id for ask in asks],
            [ask.kind for ask in asks],
            [ask.not_after for ask in asks],
            [ask.handed_over for ask in asks],
        )
        fresh = {row["message_id"]: dispatch(row, fresh=True) for row in rows}
        found = await self._completed(fresh, [ask.message_id for ask in asks])
        # Who asks for the same message in the same turn may have it as fresh only once.
        return [
            claimed if fresh.pop(claimed.message_id, None) else replace(claimed, fresh=False)
            for claimed in found
        ]

    async def get(self, message_id: str) -> Dispatch:
        """The row as it is. Raises LookupError when there is none."""
        return (await self._completed({}, [message_id]))[0]

    async def _completed(
        self, known: Mapping[str, Dispatch], message_ids: Sequence[str]
    ) -> list[Dispatch]:
        """The rows of `message_ids`: those that are known, and the others from the table."""
        found = dict(known)
        if others := [name for name in message_ids if name not in known]:
            rows = await self._pool.fetch(_GET, *self._clock, others)
            found |= {row["message_id"]: dispatch(row) for row in rows}
        if missing := [name for name in message_ids if name not in found]:
            raise LookupError(f"no dispatch {missing[0]!r}")
        return [found[name] for name in message_ids]

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
        return await self._ends.ask((message_id, state, reason, provider_id))

    async def _finish_all(self, ends: Sequence[_End]) -> list[Dispatch]:
        columns = [list(column) for column in zip(*ends, strict=True)]
        rows = await self._pool.fetch(_FINISH, *self._clock, *columns)
        known = {row["message_id"]: dispatch(row) for row in rows}
        return await self._completed(known, [end[0] for end in ends])

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
