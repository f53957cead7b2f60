"""Through which link an order was paid: a link for one payment is used up by it."""

from __future__ import annotations

from alembic import op

revision = "0601_used_links"
down_revision = "0600_message_templates"
branch_labels = None
# Adds to a table of another branch.
depends_on = "0102_link_plans"


def upgrade() -> None:
    op.execute("ALTER TABLE link_payments ADD COLUMN link text")
    op.execute("CREATE INDEX link_payments_link ON link_payments (link) WHERE link IS NOT NULL")
