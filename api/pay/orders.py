"""What a customer chose to pay, kept until the provider says that it was paid."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from domain.events.ledger import Allocation
from domain.money import PositiveMoney


@dataclass(frozen=True, slots=True)
class Chosen:
    """`allocations` None: the ledger allocates, oldest due first."""

    customer_id: str
    amount: PositiveMoney
    allocations: tuple[Allocation, ...] | None


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order that the provider has reported paid. `plan`: what it is the first part of."""

    reference: str
    chosen: Chosen
    received_at: datetime
    began_at: datetime
    plan: dict[str, Any] | None


def reference_of(chosen: Chosen, nonce: str) -> str:
    """The same form sent twice is one payment; another choice is another payment."""
    items = ",".join(f"{one.invoice_id}={one.amount.minor}" for one in chosen.allocations or ())
    what = f"{chosen.customer_id}\0{nonce}\0{chosen.amount.minor}{chosen.amount.currency}\0{items}"
    return f"pl_{hashlib.sha256(what.encode()).hexdigest()[:32]}"


async def keep(
    pool: asyncpg.Pool,
    reference: str,
    chosen: Chosen,
    now: datetime,
    plan: dict[str, Any] | None = None,
    link: str | None = None,
) -> datetime:
    """Before the provider is asked. Again changes nothing; gives when it was kept first.

    `link`: the message whose link it is paid through.
    """
    began_at: datetime = await pool.fetchval(
        """INSERT INTO link_payments
             (reference, customer_id, minor, currency, allocations, plan, created_at, link)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (reference) DO UPDATE SET reference = excluded.reference
           RETURNING created_at""",
        reference,
        chosen.customer_id,
        chosen.amount.minor,
        chosen.amount.currency,
        _documents(chosen.allocations),
        plan,
        now,
        link,
    )
    return began_at


async def is_used(pool: asyncpg.Pool, link: str) -> bool:
    """Whether a payment through the link has been reported by the provider."""
    found = await pool.fetchval(
        "SELECT true FROM link_payments WHERE link = $1 AND received_at IS NOT NULL LIMIT 1", link
    )
    return bool(found)


def _documents(allocations: Sequence[Allocation] | None) -> list[dict[str, Any]] | None:
    return None if allocations is None else [one.model_dump() for one in allocations]


async def paid(pool: asyncpg.Pool, reference: str, now: datetime) -> PaidOrder | None:
    """The order with the time it was first reported paid, however often it is; None: not ours."""
    row = await pool.fetchrow(
        """UPDATE link_payments SET received_at = coalesce(received_at, $2) WHERE reference = $1
           RETURNING customer_id, minor, currency, allocations, plan, created_at, received_at""",
        reference,
        now,
    )
    if row is None:
        return None
    kept = row["allocations"]
    chosen = Chosen(
        row["customer_id"],
        PositiveMoney(minor=row["minor"], currency=row["currency"]),
        None if kept is None else tuple(Allocation.model_validate(one) for one in kept),
    )
    return PaidOrder(reference, chosen, row["received_at"], row["created_at"], row["plan"])


async def published(pool: asyncpg.Pool, reference: str, now: datetime) -> None:
    await pool.execute(
        "UPDATE link_payments SET published_at = coalesce(published_at, $2) WHERE reference = $1",
        reference,
        now,
    )


async def was_reported(pool: asyncpg.Pool, reference: str) -> bool:
    """Whether the provider has told us that this order was paid."""
    row = await pool.fetchval(
        "SELECT received_at IS NOT NULL FROM link_payments WHERE reference = $1", reference
    )
    return bool(row)
