"""Collections that were asked for, and the bank files that were made of them."""

from __future__ import annotations

from alembic import op

revision = "0201_direct_debits"
down_revision = "0200_bank_files"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Projected from `direct-debits`; a cancellation may be read before its request.
    """
    CREATE TABLE direct_debits (
        collection_id      text PRIMARY KEY,
        customer_id        text,
        invoice_id         text,
        attempt            integer,
        minor              bigint,
        currency           text,
        mandate_id         text,
        scheme             text,
        sequence_type      text,
        signed_on          date,
        debtor_name        text,
        debtor_iban        text,
        country            text,
        collect_on         date,
        cancellable_until  timestamptz,
        requested_at       timestamptz,
        cancelled_at       timestamptz,
        cancelled_because  text,
        as_of              timestamptz
    )
    """,
    "CREATE INDEX direct_debits_day ON direct_debits (collect_on)",
    "CREATE INDEX direct_debits_customer ON direct_debits (customer_id, requested_at)",
    # No projection: what was written once stays as it was written.
    """
    CREATE TABLE debit_files (
        file_name   text PRIMARY KEY,
        message_id  text NOT NULL UNIQUE,
        collect_on  date NOT NULL,
        scheme      text NOT NULL,
        count       integer NOT NULL,
        minor       bigint NOT NULL,
        content     bytea NOT NULL,
        created_at  timestamptz NOT NULL,
        written_at  timestamptz
    )
    """,
    "CREATE INDEX debit_files_day ON debit_files (collect_on)",
    # A collection is in one file only.
    """
    CREATE TABLE debit_file_items (
        collection_id  text PRIMARY KEY,
        file_name      text NOT NULL REFERENCES debit_files
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
