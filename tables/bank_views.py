"""Reads about bank files and returns that are no lists."""

from __future__ import annotations

from typing import Any

import asyncpg

_CANDIDATES_MAX = 20


async def bank_return(pool: asyncpg.Pool, return_id: str) -> dict[str, Any] | None:
    """One return with the name of the file that reported it first."""
    row = await pool.fetchrow(
        """SELECT r.*, f.name AS file_name FROM bank_returns AS r JOIN bank_files AS f
           USING (file_id) WHERE return_id = $1""",
        return_id,
    )
    return dict(row) if row is not None else None


async def candidates(pool: asyncpg.Pool, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Invoices that a return may be about: under its mandate, or of its debtor's name.

    Those for its very amount come first, then the newest.
    """
    rows = await pool.fetch(
        """SELECT i.invoice_id, i.customer_id, c.name, i.due_on,
                  jsonb_build_object('minor', i.minor, 'currency', i.currency) AS amount
           FROM invoice_index AS i LEFT JOIN customers AS c USING (customer_id)
           WHERE i.invoice_id IN (
               (SELECT invoice_id FROM invoice_index WHERE mandate_id = $1 LIMIT 500)
               UNION SELECT $2
               UNION SELECT invoice_id FROM collections_index WHERE end_to_end_id = $2
               UNION (SELECT own.invoice_id FROM customers JOIN invoice_index AS own
                      USING (customer_id) WHERE lower(name) = lower($3) LIMIT 500))
           ORDER BY (i.minor = $4 AND i.currency = $5) DESC NULLS LAST, i.due_on DESC, 1
           LIMIT $6""",
        found["mandate_id"],
        found["end_to_end_id"],
        found["debtor_name"],
        found["minor"],
        found["currency"],
        _CANDIDATES_MAX,
    )
    return [dict(row) for row in rows]
