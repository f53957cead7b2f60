"""Books returns: what is new is matched and written, with the event it becomes, in one go.

The event is published from there (the outbox): whatever crashes, it is the same event again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.bank.identity import Known, Taken, highest, is_same, return_id_of
from connectors.bank.items import ReturnedDebit
from connectors.bank.matching import UNKNOWN_COUNTRY, Claim, Match, Unmatched, match
from connectors.postgres import bank_index, bank_returns
from connectors.postgres.pool import Connection, Pool
from domain.events.ledger import DirectDebitFailed
from domain.money import PositiveMoney


@dataclass(frozen=True, slots=True)
class Numbered:
    """An item of a file with its likeness and which of several alike ones it is."""

    item: ReturnedDebit
    likeness: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many of a batch went which way; `rematched`: known, unmatched, and now booked."""

    booked: int = 0
    unmatched: int = 0
    already_known: int = 0
    rematched: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A return that is to be matched, and the file that reported it first."""

    item: ReturnedDebit
    likeness: str
    number: int
    file_id: str

    @property
    def return_id(self) -> str:
        """Its id, for ever."""
        return return_id_of(self.likeness, self.number)


async def book(
    pool: Pool, file_id: str, items: Sequence[Numbered], now: datetime, taken: Taken | None = None
) -> Outcome:
    """Write a batch, or nothing of it. Again changes nothing. Raises `pool.LOST`.

    `taken` goes through all batches of a file: a message may be longer than one.
    """
    taken = taken or Taken()
    async with pool.acquire() as connection, connection.transaction():
        await bank_returns.lock(connection)
        kept = await bank_returns.known(connection, [one.likeness for one in items])
        fresh: list[Case] = []
        waiting: list[Case] = []
        known_count = 0
        for one in items:
            alike = kept.setdefault(one.likeness, {})
            at = one.item.at or now
            same = [row for row in alike.values() if is_same(row, one.item, at)]
            known = taken.choose(one.item, one.likeness, one.occurrence, same, at)
            number = known.number if known else highest(alike) + 1
            taken.take(one.item, one.likeness, one.occurrence, number)
            if known is not None:
                known_count += 1
                if known.state == "unmatched":
                    waiting.append(Case(one.item, one.likeness, known.number, file_id))
                continue
            fresh.append(Case(one.item, one.likeness, number, file_id))
            alike[number] = Known("", number, "new", one.item.mandate_id, at, one.item.collected_on)
        rows = await _matched(connection, fresh, now)
        await bank_returns.insert(connection, rows)
        rematched = await rematch(connection, waiting, now)
    taken.settle()
    booked = sum(row["state"] == "booked" for row in rows)
    return Outcome(booked, len(rows) - booked, known_count - rematched, rematched)


async def rematch(connection: Connection, waiting: Sequence[Case], now: datetime) -> int:
    """Match once more what was unmatched before; gives how many are booked now."""
    if not waiting:
        return 0
    rows = await _matched(connection, waiting, now)
    found = [row | {"note": None} for row in rows if row["state"] == "booked"]
    return len(await bank_returns.decide(connection, found))


async def _matched(
    connection: Connection, cases: Sequence[Case], now: datetime
) -> list[dict[str, Any]]:
    """Rows of returns, each matched or with the reason why not."""
    items = [case.item for case in cases]
    claims = await bank_index.find(
        connection,
        [item.end_to_end_id for item in items if item.end_to_end_id],
        {
            (item.mandate_id, item.amount.minor, item.amount.currency)
            for item in items
            if item.mandate_id and item.amount
        },
    )
    named = [collection_of(case) for case in cases]
    attempts = await bank_returns.attempts(connection, named)
    rows = []
    for case, collection_id in zip(cases, named, strict=True):
        row = row_of(case, now)
        try:
            found = _match(case.item, claims)
        except Unmatched as error:
            rows.append(row | {"state": "unmatched", "why": error.why})
            continue
        attempts[collection_id] = attempt = next_attempt(found.claim, attempts.get(collection_id))
        rows.append(row | booked_fields(row, found, collection_id, attempt, now))
    return rows


def _match(item: ReturnedDebit, claims: bank_index.Claims) -> Match:
    of_mandate: list[Claim] = []
    if item.mandate_id and item.amount:
        key = bank_index.mandate_key(item.mandate_id, item.amount.minor, item.amount.currency)
        of_mandate = claims.of_mandates.get(key, [])
    name = item.end_to_end_id or ""
    return match(item, claims.collections.get(name), claims.invoices.get(name), of_mandate)


def collection_of(case: Case) -> str:
    """What the contract calls the collection; one that the bank does not name gets a name."""
    return case.item.end_to_end_id or f"bank:{case.return_id}"


def next_attempt(claim: Claim, highest_booked: int | None) -> int:
    """Ours where we sent it out, else one more than came back before under that name."""
    attempt = claim.attempt or 1
    return attempt if highest_booked is None or attempt > highest_booked else highest_booked + 1


_EMPTY_ROW = dict.fromkeys(bank_returns.COLUMNS)
_AS_READ = tuple(
    name for name in ReturnedDebit.model_fields if name in bank_returns.COLUMNS and name != "at"
)


def row_of(case: Case, now: datetime) -> dict[str, Any]:
    """The row of a return before it is decided, in values that orjson writes."""
    item = case.item
    kept = {name: getattr(item, name) for name in _AS_READ}
    return _EMPTY_ROW | kept | {
        "return_id": case.return_id,
        "likeness": case.likeness,
        "number": case.number,
        "file_id": case.file_id,
        "minor": item.amount.minor if item.amount else None,
        "currency": item.amount.currency if item.amount else None,
        "at": item.at or now,
        "charge_minor": item.charge.minor if item.charge else None,
        "charge_currency": item.charge.currency if item.charge else None,
        "settled": False,
        "recorded_at": now,
    }  # fmt: skip


def booked_fields(
    row: dict[str, Any], found: Match, collection_id: str, attempt: int, now: datetime
) -> dict[str, Any]:
    """What a match adds to a row, as `row_of` gives it."""
    claim = found.claim
    charge = None
    if row["charge_minor"]:
        charge = PositiveMoney(minor=row["charge_minor"], currency=row["charge_currency"])
    event = DirectDebitFailed(
        collection_id=collection_id,
        customer_id=claim.customer_id,
        invoice_id=claim.invoice_id,
        amount=found.amount,
        reason_code=row["reason_code"],
        reason_proprietary=row["reason_proprietary"],
        failed_at=row["at"],
        debtor_country=row["debtor_country"] or claim.country or UNKNOWN_COUNTRY,
        attempt=attempt,
        bank_charge=charge,
        source_file=row["file_id"],
    )
    return {
        "state": "booked",
        "why": None,
        "customer_id": claim.customer_id,
        "invoice_id": claim.invoice_id,
        "collection_id": collection_id,
        "attempt": attempt,
        "payment_id": claim.payment_id,
        # After settlement, of a payment that we know: the money goes back (D8).
        "settled": row["stage"] == "return" and claim.payment_id is not None,
        "matched_by": found.how,
        "event": orjson.Fragment(event.model_dump_json(exclude_none=True)),
        "booked_at": now,
    }
