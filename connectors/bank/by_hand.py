"""What people decide about unmatched returns, and what time decides: the invoice came after all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connectors.bank.booking import Case, booked_fields, collection_of, next_attempt, rematch
from connectors.bank.items import ReturnedDebit
from connectors.bank.matching import Claim, Match
from connectors.postgres import bank_index, bank_returns
from connectors.postgres.pool import Connection, Pool
from domain.money import PositiveMoney

#: As long as the contract keeps an event whose invoice is not there yet.
_WAITS = timedelta(days=30)
_BATCH = 500
#: Two candidates may become one, or none one; what differs stays different.
_MAY_CHANGE = ("unknown_collection", "no_reference")


class Undecidable(Exception):
    """The decision can't be carried out; `code` is one of the texts of the page."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def book_by_hand(
    pool: Pool, return_id: str, invoice_id: str, who: str, now: datetime
) -> Match:
    """Book an unmatched return on an invoice. Raises Undecidable."""
    async with pool.acquire() as connection, connection.transaction():
        await bank_returns.lock(connection)
        row = await _unmatched(connection, return_id)
        claim = await bank_index.invoice(connection, invoice_id)
        if claim is None:
            raise Undecidable("unknown_invoice")
        found = Match(claim, _amount(row, claim), "person")
        case = _case(row)
        collection_id = collection_of(case)
        attempts = await bank_returns.attempts(connection, [collection_id])
        attempt = next_attempt(claim, attempts.get(collection_id))
        fields = booked_fields(row, found, collection_id, attempt, now)
        await bank_returns.decide(
            connection, [fields | {"return_id": return_id, "decided_by": who, "note": None}]
        )
    return found


async def dismiss(pool: Pool, return_id: str, note: str, who: str) -> None:
    """It is none of ours, says somebody, and why. Raises Undecidable."""
    async with pool.acquire() as connection, connection.transaction():
        await bank_returns.lock(connection)
        row = await _unmatched(connection, return_id)
        fields = dict.fromkeys(bank_returns.DECIDED) | {
            "return_id": return_id,
            "state": "dismissed",
            "why": row["why"],
            "settled": False,
            "decided_by": who,
            "note": note,
        }
        await bank_returns.decide(connection, [fields])


async def look_again(pool: Pool, now: datetime) -> int:
    """Match what was reported before we knew of it; gives how many are booked now."""
    async with pool.acquire() as connection, connection.transaction():
        await bank_returns.lock(connection)
        rows = await connection.fetch(
            """SELECT * FROM bank_unmatched WHERE why = ANY($1) AND recorded_at > $2
               ORDER BY random() LIMIT $3""",
            _MAY_CHANGE,
            now - _WAITS,
            _BATCH,
        )
        return await rematch(connection, [_case(dict(row)) for row in rows], now)


async def _unmatched(connection: Connection, return_id: str) -> dict[str, Any]:
    row = await connection.fetchrow("SELECT * FROM bank_returns WHERE return_id = $1", return_id)
    if row is None:
        raise Undecidable("unknown_return")
    if row["state"] != "unmatched":
        raise Undecidable("decided_before")
    return dict(row)


def _amount(row: dict[str, Any], claim: Claim) -> PositiveMoney:
    """What came back, and never more than the invoice: what is above it are charges."""
    if row["minor"] is None:
        return claim.amount
    if row["currency"] != claim.currency:
        raise Undecidable("other_currency")
    return PositiveMoney(minor=min(row["minor"], claim.minor), currency=claim.currency)


def _case(row: dict[str, Any]) -> Case:
    """The return as it was read, as far as it is kept."""
    values = {name: row[name] for name in ReturnedDebit.model_fields if name in row}
    if row["minor"] is not None:
        values["amount"] = {"minor": row["minor"], "currency": row["currency"]}
    if row["charge_minor"]:
        values["charge"] = {"minor": row["charge_minor"], "currency": row["charge_currency"]}
    item = ReturnedDebit.model_validate(values)
    return Case(item, row["likeness"], row["number"], row["file_id"])
