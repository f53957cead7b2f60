"""Collections that came too late for any file, once the log has been told."""

from __future__ import annotations

from alembic import op

revision = "0210_debits_not_made"
down_revision = "0201_direct_debits"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE debits_not_made (collection_id text PRIMARY KEY, told_at timestamptz NOT NULL)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
