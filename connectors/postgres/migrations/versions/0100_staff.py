"""Staff: users, their sessions, and the brake on guessing passwords."""

from __future__ import annotations

from alembic import op

revision = "0100_staff"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE users (
        name           text PRIMARY KEY,
        password_hash  text NOT NULL,
        role           text NOT NULL,
        created_at     timestamptz NOT NULL DEFAULT now()
    )
    """,
    # The browser holds the token; whoever reads this table cannot use it.
    """
    CREATE TABLE sessions (
        token_hash  bytea PRIMARY KEY,
        user_name   text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
        idle_at     timestamptz NOT NULL,
        ends_at     timestamptz NOT NULL
    )
    """,
    # Names that nobody has are counted too: the brake must not tell who exists.
    """
    CREATE TABLE login_failures (
        name         text PRIMARY KEY,
        failures     integer NOT NULL,
        next_try_at  timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
