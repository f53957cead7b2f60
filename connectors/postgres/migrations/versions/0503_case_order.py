"""The queue of cases in the order of an index: a join of millions can't be sorted."""

from __future__ import annotations

from alembic import op

revision = "0503_case_order"
down_revision = "0502_given_up"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Of the customer's row, as long as the case is theirs.
    """
    ALTER TABLE cases
        ADD COLUMN held_because text, ADD COLUMN proposes text, ADD COLUMN step_at timestamptz
    """,
    # 3: somebody has to decide; 2: held; 1: goes on by itself; 0: closed.
    """
    ALTER TABLE cases ADD COLUMN look smallint NOT NULL GENERATED ALWAYS AS (
        CASE WHEN state LIKE 'closed%' THEN 0 WHEN proposes IS NOT NULL THEN 3
             WHEN held_because IS NOT NULL THEN 2 ELSE 1 END) STORED
    """,
    "CREATE INDEX cases_look ON cases (look DESC, step_at, case_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
