"""Dispatches, withdrawals and the simulated clock."""

from __future__ import annotations

from alembic import op

revision = "0001_dispatch"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    # One row per message for ever: the claim that makes "sent twice" impossible.
    """
    CREATE TABLE dispatches (
        message_id   text PRIMARY KEY,
        channel      text NOT NULL,
        customer_id  text NOT NULL,
        kind         text NOT NULL,
        state        text NOT NULL CHECK (state IN
                     ('claimed', 'sent', 'failed', 'unknown', 'withdrawn', 'expired')),
        reason       text,
        attempts     integer NOT NULL DEFAULT 1,
        provider_id  text,
        not_after    timestamptz NOT NULL,
        claimed_at   timestamptz NOT NULL,
        -- Real time, also on the simulated clock: how long the gateway has been tried.
        tried_since  timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- Set while the content may have left; what is set after a crash is in doubt.
        handover_at  timestamptz,
        finished_at  timestamptz,
        receipt_at   timestamptz,
        CHECK ((state = 'claimed') = (finished_at IS NULL))
    )
    """,
    "CREATE INDEX dispatches_customer ON dispatches (customer_id, claimed_at)",
    "CREATE INDEX dispatches_unfinished ON dispatches (claimed_at) WHERE state = 'claimed'",
    """
    CREATE TABLE withdrawals (
        message_id   text PRIMARY KEY,
        customer_id  text NOT NULL,
        because      text NOT NULL,
        at           timestamptz NOT NULL,
        recorded_at  timestamptz NOT NULL DEFAULT now()
    )
    """,
    # At most one row; without it the clock is the real one.
    """
    CREATE TABLE simulated_clock (
        only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        now          timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
