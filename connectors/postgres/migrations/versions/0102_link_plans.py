"""Payment plans that customers make behind their link: agreed once the first part is paid."""

from __future__ import annotations

from alembic import op

revision = "0102_link_plans"
down_revision = "0101_link_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE link_payments ADD COLUMN plan jsonb")
