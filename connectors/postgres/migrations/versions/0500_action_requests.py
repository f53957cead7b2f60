"""Decisions that need two people: asked for by one, approved or refused by another."""

from __future__ import annotations

from alembic import op

revision = "0500_action_requests"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE action_requests (
        request_id    text PRIMARY KEY,
        customer_id   text NOT NULL,
        ce_type       text NOT NULL,
        data          jsonb NOT NULL,
        reason        text NOT NULL CHECK (reason <> ''),
        requested_by  text NOT NULL,
        requested_at  timestamptz NOT NULL,
        state         text NOT NULL DEFAULT 'waiting'
                      CHECK (state IN ('waiting', 'approved', 'refused')),
        decided_by    text,
        decided_at    timestamptz,
        comment       text,
        published_at  timestamptz,
        -- Four eyes, whatever the code above it does.
        CONSTRAINT four_eyes CHECK (decided_by IS DISTINCT FROM requested_by),
        CONSTRAINT decided CHECK (
            (state = 'waiting') = (decided_by IS NULL)
            AND (decided_by IS NULL) = (decided_at IS NULL)
            AND (state <> 'refused' OR coalesce(comment, '') <> '')
        )
    )
    """,
    """
    CREATE INDEX action_requests_waiting ON action_requests (requested_at)
        WHERE state = 'waiting'
    """,
    """
    CREATE INDEX action_requests_unpublished ON action_requests (decided_at)
        WHERE state = 'approved' AND published_at IS NULL
    """,
    "CREATE INDEX action_requests_customer ON action_requests (customer_id, requested_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
