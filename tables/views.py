"""Reads over the projection that are no lists: figures, an index, one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

Row = dict[str, Any]
MINUTES = 60
_OUTCOMES = ("accept", "refer", "reject", "rework")


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts per minute over one hour, oldest first."""

    moments: list[datetime]
    reminders: list[int]
    thank_yous: list[int]
    decisions: dict[str, list[int]]


async def key_of(pool: asyncpg.Pool, kind: str, row_id: str) -> str | None:
    """The partition key of a row whose id is not its key; None: the index does not know (yet)."""
    key: str | None = await pool.fetchval(
        "SELECT key FROM row_index WHERE kind = $1 AND id = $2", kind, row_id
    )
    return key


async def projected_until(pool: asyncpg.Pool) -> datetime | None:
    """The newest record in the lists; None while there is nothing."""
    found: datetime | None = await pool.fetchval(
        "SELECT max(projected_until) FROM projection_offsets"
    )
    return found


async def totals(pool: asyncpg.Pool) -> dict[str, int]:
    """What has happened since the beginning."""
    row = await pool.fetchrow(
        """SELECT (SELECT count(*) FROM decisions) AS decisions,
                  (SELECT count(*) FROM messages WHERE kind = 'reminder') AS reminders,
                  (SELECT count(*) FROM messages WHERE kind = 'thank_you') AS thank_yous,
                  (SELECT count(*) FROM not_sent) AS not_sent,
                  (SELECT count(*) FROM cases WHERE state NOT LIKE 'closed%') AS open_cases,
                  (SELECT count(*) FROM dead_letters) AS dead_letters"""
    )
    return dict(row)


async def activity(pool: asyncpg.Pool, now: datetime) -> Activity:
    """The hour that ends with the minute of `now`."""
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    moments = [first + timedelta(minutes=number) for number in range(MINUTES)]
    sent = await _per_minute(
        pool,
        """SELECT kind AS name, date_trunc('minute', requested_at) AS minute, count(*) AS many
           FROM messages WHERE requested_at >= $1 AND kind IN ('reminder', 'thank_you')
           GROUP BY 1, 2""",
        moments,
    )
    decided = await _per_minute(
        pool,
        """SELECT coalesce(final_outcome, outcome) AS name,
                  date_trunc('minute', decided_at) AS minute, count(*) AS many
           FROM decisions WHERE decided_at >= $1 GROUP BY 1, 2""",
        moments,
    )
    nothing = [0] * MINUTES
    return Activity(
        moments,
        sent.get("reminder", nothing),
        sent.get("thank_you", nothing),
        {outcome: decided.get(outcome, nothing) for outcome in _OUTCOMES},
    )


async def _per_minute(
    pool: asyncpg.Pool, sql: str, moments: list[datetime]
) -> dict[str, list[int]]:
    places = {moment: place for place, moment in enumerate(moments)}
    found: dict[str, list[int]] = {}
    for row in await pool.fetch(sql, moments[0]):
        if (place := places.get(row["minute"])) is not None:
            found.setdefault(row["name"], [0] * len(moments))[place] = row["many"]
    return found


async def message(pool: asyncpg.Pool, message_id: str) -> Row | None:
    """One message with what became of it at the gateway."""
    row = await pool.fetchrow(
        """SELECT m.*, d.state AS dispatch_state, d.reason AS dispatch_reason, d.attempts,
                  d.finished_at
           FROM messages AS m LEFT JOIN dispatches AS d USING (message_id)
           WHERE m.message_id = $1 AND m.requested_at IS NOT NULL""",
        message_id,
    )
    return dict(row) if row is not None else None


async def decisions_of(pool: asyncpg.Pool, customer_id: str) -> list[Row]:
    """A customer's newest decisions."""
    rows = await pool.fetch(
        """SELECT decision_id, application_id, coalesce(final_outcome, outcome) AS outcome
           FROM decisions WHERE customer_id = $1 ORDER BY decided_at DESC LIMIT 20""",
        customer_id,
    )
    return [dict(row) for row in rows]


async def write_off_rates(pool: asyncpg.Pool) -> list[Row]:
    """By currency: what was invoiced, what of it is written off or with a collector now, in minor
    units, and the share written off in percent. Reads every invoice: not for a page that renews.
    """
    rows = await pool.fetch(
        """WITH invoiced AS (
             SELECT currency, sum(minor) AS minor FROM invoice_index GROUP BY 1),
           gone AS (
             SELECT currency, coalesce(sum(open_minor) FILTER (WHERE kind = 'written_off'), 0)
               AS written_off, coalesce(sum(open_minor) FILTER (WHERE kind = 'handed_over'), 0)
               AS handed_over
             FROM given_up WHERE ended_at IS NULL AND kind IS NOT NULL GROUP BY 1)
           SELECT currency, invoiced.minor AS invoiced, coalesce(written_off, 0) AS written_off,
             coalesce(handed_over, 0) AS handed_over,
             round(100 * coalesce(written_off, 0) / invoiced.minor, 2) AS rate_percent
           FROM invoiced LEFT JOIN gone USING (currency) ORDER BY 1"""
    )
    return [{**row, "rate_percent": float(row["rate_percent"])} for row in rows]
