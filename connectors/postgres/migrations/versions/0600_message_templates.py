"""Which notice a message is, and which version of which template it was written with."""

from __future__ import annotations

from alembic import op

revision = "0600_message_templates"
down_revision = "0501_case_queue"
branch_labels = None
# Adds to a table of another branch.
depends_on = "0002_projection"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN notice text, ADD COLUMN template jsonb")
