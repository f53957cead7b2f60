"""By which row of which version of the contact rules something was not sent."""

from __future__ import annotations

from alembic import op

revision = "0300_compliance"
down_revision = "0002_projection"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE not_sent ADD COLUMN channel text",
    "ALTER TABLE not_sent ADD COLUMN rule text",
    "ALTER TABLE not_sent ADD COLUMN rule_version integer",
    "CREATE INDEX not_sent_rule ON not_sent (rule, at DESC) WHERE rule IS NOT NULL",
)


def upgrade() -> None:
    """Add the columns; rows written before have none of it."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP INDEX not_sent_rule")
    for column in ("rule_version", "rule", "channel"):
        op.execute(f"ALTER TABLE not_sent DROP COLUMN {column}")
