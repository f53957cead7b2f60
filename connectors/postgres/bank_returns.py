"""The table of debits that came back, and the outbox of the events they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.bank.identity import Known
from connectors.postgres.pool import Connection, Pool

#: Held while returns are compared and written: two files at once could book one return twice.
_LOCK = 0x62616E6B
#: Columns of a new row; the others have a default or come later.
COLUMNS = (
    "return_id", "likeness", "number", "file_id", "line", "position", "message", "stage",
    "end_to_end_id", "mandate_id", "minor", "currency", "reason_code", "reason_proprietary",
    "reason_text", "at", "collected_on", "debtor_country", "debtor_name", "charge_minor",
    "charge_currency", "state", "why", "customer_id", "invoice_id", "collection_id", "attempt",
    "payment_id", "settled", "matched_by", "decided_by", "event", "recorded_at", "booked_at",
)  # fmt: skip
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_INSERT = f"""
INSERT INTO bank_returns ({_NAMES})
SELECT {_NAMES} FROM jsonb_populate_recordset(NULL::bank_returns, $1::text::jsonb)
"""  # noqa: S608 - names of this code base
#: What becomes of a return that was unmatched.
DECIDED = (
    "state", "why", "customer_id", "invoice_id", "collection_id", "attempt",
    "payment_id", "settled", "matched_by", "decided_by", "note", "event", "booked_at",
)  # fmt: skip
_SETS = ", ".join(f'"{name}" = new."{name}"' for name in DECIDED)
_DECIDE = f"""
UPDATE bank_returns AS r SET {_SETS}
FROM jsonb_populate_recordset(NULL::bank_returns, $1::text::jsonb) AS new
WHERE r.return_id = new.return_id AND r.state = 'unmatched'
RETURNING r.return_id
"""  # noqa: S608 - names of this code base


@dataclass(frozen=True, slots=True)
class Booked:
    """An event that must be on the log."""

    return_id: str
    customer_id: str
    event: dict[str, Any]
    at: datetime


async def lock(connection: Connection) -> None:
    """Until the end of the transaction nobody else compares or writes returns."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def known(connection: Connection, likenesses: Sequence[str]) -> dict[str, dict[int, Known]]:
    """Everything alike that is known already: likeness -> number -> return."""
    rows = await connection.fetch(
        """SELECT likeness, number, return_id, state, mandate_id, at, collected_on
           FROM bank_returns WHERE likeness = ANY($1) ORDER BY number""",
        likenesses,
    )
    found: dict[str, dict[int, Known]] = {}
    for row in rows:
        found.setdefault(row["likeness"], {})[row["number"]] = Known(
            row["return_id"], row["number"], row["state"], row["mandate_id"],
            row["at"], row["collected_on"],
        )  # fmt: skip
    return found


async def attempts(connection: Connection, collection_ids: Sequence[str]) -> dict[str, int]:
    """The highest attempt booked for each collection."""
    rows = await connection.fetch(
        """SELECT collection_id, max(attempt) AS attempt FROM bank_returns
           WHERE collection_id = ANY($1) GROUP BY 1""",
        collection_ids,
    )
    return {row["collection_id"]: row["attempt"] for row in rows}


async def insert(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """New returns, as JSON values by `COLUMNS`."""
    if found := list(rows):
        await connection.execute(_INSERT, orjson.dumps(found).decode())


async def decide(connection: Connection, rows: Iterable[dict[str, Any]]) -> set[str]:
    """What becomes of unmatched returns, by `DECIDED`; gives those that still were unmatched."""
    found = list(rows)
    if not found:
        return set()
    done = await connection.fetch(_DECIDE, orjson.dumps(found).decode())
    return {row["return_id"] for row in done}


class Outbox:
    """Booked returns whose events are not known to be on the log. Methods raise `pool.LOST`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def waiting(self, limit: int) -> list[Booked]:
        """The oldest ones."""
        rows = await self._pool.fetch(
            """SELECT return_id, customer_id, event, booked_at FROM bank_returns
               WHERE state = 'booked' AND published_at IS NULL ORDER BY booked_at LIMIT $1""",
            limit,
        )
        return [
            Booked(row["return_id"], row["customer_id"], row["event"], row["booked_at"])
            for row in rows
        ]

    async def published(self, return_ids: Sequence[str]) -> None:
        """They are on the log. Forgetting this repeats the same events, no more."""
        await self._pool.execute(
            "UPDATE bank_returns SET published_at = clock_timestamp() WHERE return_id = ANY($1)",
            return_ids,
        )
