"""Looks up whose collections and invoices are, by many ids at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.bank.matching import Claim
from connectors.postgres.pool import Connection

_COLLECTIONS = """
SELECT end_to_end_id AS id, customer_id, invoice_id, attempt, minor, currency,
       coalesce(i.country, c.country) AS country, mandate_id, payment_id
FROM collections_index AS i LEFT JOIN customers AS c USING (customer_id)
WHERE end_to_end_id = ANY($1)
"""
_INVOICES = """
SELECT invoice_id AS id, customer_id, invoice_id, NULL AS attempt, minor, currency,
       c.country, mandate_id, NULL AS payment_id
FROM invoice_index LEFT JOIN customers AS c USING (customer_id)
WHERE invoice_id = ANY($1)
"""
#: Several for one mandate are as many reasons not to choose; more than two change nothing.
_OF_MANDATES = """
SELECT wanted.mandate_id || ' ' || wanted.minor || wanted.currency AS id, found.*, c.country
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::bigint[], $3::text[])
      AS asked (mandate_id, minor, currency)) AS wanted
CROSS JOIN LATERAL (
    SELECT customer_id, invoice_id, NULL::int AS attempt, minor, currency, mandate_id,
           NULL AS payment_id
    FROM invoice_index AS i
    WHERE i.mandate_id = wanted.mandate_id AND i.minor = wanted.minor
      AND i.currency = wanted.currency
    LIMIT 3) AS found
LEFT JOIN customers AS c USING (customer_id)
"""


@dataclass(frozen=True, slots=True)
class Claims:
    """What was found, by what it was asked for."""

    collections: dict[str, Claim] = field(default_factory=dict)
    invoices: dict[str, Claim] = field(default_factory=dict)
    of_mandates: dict[str, list[Claim]] = field(default_factory=dict)


def mandate_key(mandate_id: str, minor: int, currency: str) -> str:
    """How `Claims.of_mandates` calls a mandate with an amount."""
    return f"{mandate_id} {minor}{currency}"


async def find(
    connection: Connection,
    end_to_end_ids: Sequence[str],
    mandates: Iterable[tuple[str, int, str]],
) -> Claims:
    """Claims by end-to-end id (of collections and of invoices) and by mandate and amount."""
    found = Claims()
    for row in await connection.fetch(_COLLECTIONS, end_to_end_ids):
        found.collections[row["id"]] = _claim(row)
    for row in await connection.fetch(_INVOICES, end_to_end_ids):
        found.invoices[row["id"]] = _claim(row)
    asked = list(mandates)
    if asked:
        columns = [list(column) for column in zip(*asked, strict=True)]
        for row in await connection.fetch(_OF_MANDATES, *columns):
            found.of_mandates.setdefault(row["id"], []).append(_claim(row))
    return found


async def invoice(connection: Connection, invoice_id: str) -> Claim | None:
    """One invoice."""
    rows = await connection.fetch(_INVOICES, [invoice_id])
    return _claim(rows[0]) if rows else None


def _claim(row: Any) -> Claim:
    return Claim(
        customer_id=row["customer_id"],
        invoice_id=row["invoice_id"],
        minor=row["minor"],
        currency=row["currency"],
        country=row["country"],
        mandate_id=row["mandate_id"],
        attempt=row["attempt"],
        payment_id=row["payment_id"],
    )
