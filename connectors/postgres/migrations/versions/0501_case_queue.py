"""What the queue of cases sorts by: the state of arrears, what holds the next step, proposals."""

from __future__ import annotations

from alembic import op

revision = "0501_case_queue"
down_revision = "0500_action_requests"
branch_labels = None
# Adds to a table of another branch.
depends_on = "0002_projection"

STATEMENTS = (
    """
    ALTER TABLE customers
        ADD COLUMN overdue_state text, ADD COLUMN held_because text, ADD COLUMN proposes text
    """,
    "CREATE INDEX customers_proposes ON customers (customer_id) WHERE proposes IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
