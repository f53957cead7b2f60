"""Debts written off or handed over, for the list of them and the write-off rate."""

from __future__ import annotations

from alembic import op

revision = "0502_given_up"
down_revision = "0501_case_queue"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE given_up (
        customer_id    text NOT NULL,
        invoice_id     text NOT NULL,
        kind           text,
        collector      text,
        minor          bigint,
        open_minor     bigint,
        currency       text,
        given_up_at    timestamptz,
        by_person      text,
        approved_by    text,
        reason         text,
        ended_at       timestamptz,
        ended_because  text,
        as_of          timestamptz,
        PRIMARY KEY (customer_id, invoice_id)
    )
    """,
    "CREATE INDEX given_up_at ON given_up (given_up_at DESC)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
