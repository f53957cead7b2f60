"""Rows of the projection for the lists: believable, and known to the tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connectors.postgres.pool import Pool
from tests.contract.api.rig import NOW

_TABLES = (
    "customers",
    "applications",
    "decisions",
    "messages",
    "not_sent",
    "cases",
    "dead_letters",
)
CUSTOMERS = 120
_NAMES = ("Anna de Vries", "Jan Bakker", "Lena Schulz", "Özlem Kaya", "Tom O'Neil")


async def emptied(pool: Pool) -> None:
    for table in (*_TABLES, "projection_offsets"):
        await pool.execute(f"DELETE FROM {table}")


async def seeded(pool: Pool) -> None:
    """Replace the lists' rows. Customer `c-1` is the one of the samples."""
    await emptied(pool)
    await pool.execute(
        "INSERT INTO projection_offsets VALUES ('customers', 0, 1, $1)", NOW - timedelta(seconds=2)
    )
    await pool.executemany(
        """INSERT INTO customers (customer_id, name, language, country, balances, fee_status,
                                  case_state, next_step, next_step_at, as_of)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        [_customer(number) for number in range(1, CUSTOMERS + 1)],
    )
    await pool.executemany(
        """INSERT INTO messages (message_id, customer_id, kind, channel, recipient, language, body,
                                 amount_due, step, tone, caused_by, requested_at, not_after,
                                 delivered_at, withdrawn_at, withdrawn_because)
           VALUES ($1, $2, $3, $4, $5, 'nl', $6, $7, $8, 'friendly', 'e-1', $9, $10, $11, $12,
                   $13)""",
        [_message(number) for number in range(80)],
    )
    await _applications(pool)
    await pool.executemany(
        """INSERT INTO decisions (decision_id, application_id, customer_id, outcome, light, score,
                                  degraded, final_outcome, decided_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $4, $8)""",
        [_decision(number) for number in range(60)],
    )
    await pool.executemany(
        "INSERT INTO not_sent VALUES ($1, $2, 'reminder', $3, 'EUR', 1, $4, $2)",
        [
            (f"c-{number + 1}", _ago(number), because, NOW + timedelta(hours=9))
            for number, because in enumerate(("outside_window", "dispute", "no_channel"))
        ],
    )
    await pool.executemany(
        """INSERT INTO cases VALUES ($1, $2, 'reminded', 'opened', 'reminder_sent', 'reminder', $3,
                                     $4, $4)""",
        [(f"case-{n}", f"c-{n}", NOW + timedelta(days=7), _ago(n)) for n in range(1, 9)],
    )
    await pool.executemany(
        """INSERT INTO dead_letters (partition, "offset", from_topic, from_partition, from_offset,
                                     reason, detail, key, recorded_at)
           VALUES (0, $1, 'payments', 1, $1, $2, $3, $4, $5)""",
        [
            (1, "invalid", "amount.minor: greater_than", b"c-9", _ago(3)),
            (2, "key_mismatch", "the key is not the customer_id", b"\xff\xfe", _ago(9)),
            (3, "unknown_type", "=cmd() is not an event of payments", None, _ago(12)),
        ],
    )


async def _applications(pool: Pool) -> None:
    await pool.executemany(
        """INSERT INTO applications (application_id, customer_id, status, product_kind, outcome,
                                     light, submitted_at, "row")
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        [_application(number) for number in range(60)],
    )


def _ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def _eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


def _customer(number: int) -> tuple[Any, ...]:
    owes = number % 3 == 1
    return (
        f"c-{number}",
        _NAMES[(number - 1) % len(_NAMES)],
        ("nl", "de", "en")[number % 3],
        ("NL", "DE", "IE")[number % 3],
        [_eur(number * 731)] if owes else [],
        "late" if owes else "current",
        "reminded" if owes else None,
        "reminder" if owes else None,
        NOW + timedelta(days=7) if owes else None,
        _ago(number),
    )


def _message(number: int) -> tuple[Any, ...]:
    reminder = number % 4 != 0
    at = _ago(number * number % 58)
    return (
        f"m-{number}",
        f"c-{number % 9 + 1}",
        "reminder" if reminder else "thank_you",
        ("sms", "push", "email")[number % 3],
        "+31612345678",
        "Beste Anna, uw incasso van € 49,99 is niet gelukt.\nBetalen kan met deze link: …",
        _eur(7749) if reminder else None,
        number % 3 + 1 if reminder else None,
        at,
        at + timedelta(hours=12),
        at + timedelta(seconds=2) if number % 5 else None,
        at if number % 10 == 0 else None,
        "paid" if number % 10 == 0 else None,
    )


def _application(number: int) -> tuple[Any, ...]:
    """The application of `_decision(number)`; each sixth is still being checked."""
    decision_id, application_id, customer_id, outcome, light, *_, at = _decision(number)
    given, _, family = _NAMES[number % len(_NAMES)].partition(" ")
    checking = number % 6 == 0
    row: dict[str, Any] = {"document": {"applicant": {"name": {"given": given, "family": family}}}}
    if not checking:
        row["decisions"] = [{"decision": {"decision_id": decision_id}}]
    return (
        application_id,
        customer_id if number % 2 else None,
        "checking" if checking else "rework" if outcome == "rework" else "decided",
        ("sim_only", "device", "energy", "bnpl")[number % 4],
        None if checking else outcome,
        None if checking else light,
        at,
        row,
    )


def _decision(number: int) -> tuple[Any, ...]:
    outcome = ("accept", "refer", "reject", "accept", "rework")[number % 5]
    light = {"accept": "green", "reject": "red"}.get(outcome, "amber")
    score = None if outcome == "rework" else 100 + number * 13
    at = _ago(number * 7 % 57)
    return (
        f"d-{number}",
        f"a-{number}",
        f"c-{number + 1}",
        outcome,
        light,
        score,
        number % 9 == 0,
        at,
    )
