"""Payments that customers began on the page behind their link."""

from __future__ import annotations

from alembic import op

revision = "0101_link_payments"
down_revision = "0100_staff"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Written before the provider is asked, so that its webhook always finds whom it is about.
    """
    CREATE TABLE link_payments (
        reference    text PRIMARY KEY,
        customer_id  text NOT NULL,
        minor        bigint NOT NULL CHECK (minor > 0),
        currency     text NOT NULL,
        allocations  jsonb,
        created_at   timestamptz NOT NULL,
        received_at  timestamptz,
        published_at timestamptz
    )
    """,
    "CREATE INDEX link_payments_customer ON link_payments (customer_id, created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
