"""Bank files: what came in, which debits came back, and the index that says whose they are."""

from __future__ import annotations

from alembic import op

revision = "0200_bank_files"
down_revision = None
branch_labels = None
depends_on = "0002_projection"

STATEMENTS = (
    # One row for each file by its content: the same file twice is the same row.
    """
    CREATE TABLE bank_files (
        file_id      text PRIMARY KEY,
        name         text NOT NULL,
        source       text NOT NULL CHECK (source IN ('folder', 'api', 'page', 'command')),
        bytes        bigint NOT NULL,
        kind         text,
        state        text NOT NULL CHECK (state IN ('received', 'reading', 'booked', 'rejected')),
        because      text,
        times        integer NOT NULL DEFAULT 1,
        received_at  timestamptz NOT NULL,
        finished_at  timestamptz,
        counts       jsonb NOT NULL DEFAULT '{}',
        report       jsonb
    )
    """,
    "CREATE INDEX bank_files_received ON bank_files (received_at DESC)",
    "CREATE INDEX bank_files_unfinished ON bank_files (received_at) WHERE finished_at IS NULL",
    # The content of what came over HTTP, until it is booked.
    """
    CREATE TABLE bank_file_parts (
        file_id  text NOT NULL REFERENCES bank_files (file_id) ON DELETE CASCADE,
        number   integer NOT NULL,
        bytes    bytea NOT NULL,
        PRIMARY KEY (file_id, number)
    )
    """,
    # One row for each debit that came back, however many files report it. `likeness` is what two
    # reports of it have in common; `number` counts the debits that are alike.
    """
    CREATE TABLE bank_returns (
        return_id        text PRIMARY KEY,
        likeness         text NOT NULL,
        number           integer NOT NULL,
        file_id          text NOT NULL REFERENCES bank_files (file_id),
        line             integer NOT NULL,
        position         text NOT NULL,
        message          text NOT NULL,
        stage            text NOT NULL CHECK (stage IN ('rejection', 'return')),
        end_to_end_id    text,
        mandate_id       text,
        minor            bigint,
        currency         text,
        reason_code      text,
        reason_proprietary text,
        reason_text      text,
        at               timestamptz NOT NULL,
        collected_on     date,
        debtor_country   text,
        debtor_name      text,
        charge_minor     bigint,
        charge_currency  text,
        state            text NOT NULL CHECK (state IN ('unmatched', 'booked', 'dismissed')),
        why              text,
        customer_id      text,
        invoice_id       text,
        collection_id    text,
        attempt          integer,
        payment_id       text,
        settled          boolean NOT NULL DEFAULT false,
        matched_by       text,
        decided_by       text,
        note             text,
        event            jsonb,
        recorded_at      timestamptz NOT NULL,
        booked_at        timestamptz,
        published_at     timestamptz,
        UNIQUE (likeness, number),
        CHECK ((state = 'booked') = (event IS NOT NULL))
    )
    """,
    "CREATE UNIQUE INDEX bank_returns_attempt ON bank_returns (collection_id, attempt)",
    "CREATE INDEX bank_returns_file ON bank_returns (file_id, line)",
    "CREATE INDEX bank_returns_customer ON bank_returns (customer_id, at)",
    "CREATE INDEX bank_returns_unmatched ON bank_returns (recorded_at) WHERE state = 'unmatched'",
    """
    CREATE INDEX bank_returns_outbox ON bank_returns (booked_at)
    WHERE state = 'booked' AND published_at IS NULL
    """,
    "CREATE VIEW bank_unmatched AS SELECT * FROM bank_returns WHERE state = 'unmatched'",
    # Filled by our own pain.008: what went out under which end-to-end id.
    """
    CREATE TABLE collections_index (
        end_to_end_id  text PRIMARY KEY,
        customer_id    text NOT NULL,
        invoice_id     text NOT NULL,
        attempt        integer NOT NULL CHECK (attempt BETWEEN 1 AND 1000),
        minor          bigint NOT NULL CHECK (minor > 0),
        currency       text NOT NULL,
        country        text,
        mandate_id     text,
        -- The payment of the contract that this collection became, once it has.
        payment_id     text,
        collected_on   date
    )
    """,
    "CREATE INDEX collections_index_mandate ON collections_index (mandate_id, minor)",
    # Written by the projector from customer_history. An invoice never changes, so no row does.
    """
    CREATE TABLE invoice_index (
        invoice_id      text PRIMARY KEY,
        customer_id     text NOT NULL,
        mandate_id      text,
        minor           bigint NOT NULL,
        currency        text NOT NULL,
        payment_method  text,
        due_on          date
    )
    """,
    "CREATE INDEX invoice_index_customer ON invoice_index (customer_id, due_on)",
    """
    CREATE INDEX invoice_index_mandate ON invoice_index (mandate_id, minor)
    WHERE mandate_id IS NOT NULL
    """,
    # What was projected before this table existed.
    """
    INSERT INTO invoice_index
    SELECT entry.key, customers.customer_id, facts ->> 'mandate_id',
           (facts #>> '{amount,minor}')::bigint, facts #>> '{amount,currency}',
           facts ->> 'payment_method', (facts ->> 'due_on')::date
    FROM customers, jsonb_each(customers."row" -> 'invoices') AS entry,
         LATERAL (SELECT entry.value -> 'facts' AS facts) AS of
    WHERE facts #>> '{amount,minor}' IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
