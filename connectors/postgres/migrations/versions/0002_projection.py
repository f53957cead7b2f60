"""The projection: what lists, searches and exports read. Rebuilt from the log at any time.

A table's rows may be written by several topics in any order, so all but the key may be null.
"""

from __future__ import annotations

from alembic import op

revision = "0002_projection"
down_revision = "0001_dispatch"
branch_labels = None
depends_on = None

STATEMENTS = (
    # How far each partition is projected; written in the transaction of the rows.
    """
    CREATE TABLE projection_offsets (
        topic            text NOT NULL,
        partition        integer NOT NULL,
        next_offset      bigint NOT NULL,
        -- Whatever could be read at this time is in the lists.
        projected_until  timestamptz NOT NULL,
        PRIMARY KEY (topic, partition)
    )
    """,
    # From the changelog of customer_history; fee_status from that of fee_status.
    """
    CREATE TABLE customers (
        customer_id     text PRIMARY KEY,
        name            text,
        language        text,
        country         text,
        balances        jsonb NOT NULL DEFAULT '[]',
        has_debt        boolean NOT NULL GENERATED ALWAYS AS (balances <> '[]') STORED,
        fee_status      text,
        case_state      text,
        next_step       text,
        next_step_at    timestamptz,
        "row"           jsonb,
        as_of           timestamptz
    )
    """,
    "CREATE INDEX customers_name ON customers (lower(name))",
    "CREATE INDEX customers_as_of ON customers (as_of DESC)",
    "CREATE INDEX customers_debt ON customers (as_of DESC) WHERE has_debt",
    """
    CREATE TABLE applications (
        application_id  text PRIMARY KEY,
        customer_id     text,
        status          text,
        product_kind    text,
        outcome         text,
        light           text,
        submitted_at    timestamptz,
        "row"           jsonb,
        as_of           timestamptz
    )
    """,
    "CREATE INDEX applications_submitted ON applications (submitted_at DESC)",
    "CREATE INDEX applications_customer ON applications (customer_id)",
    """
    CREATE TABLE decisions (
        decision_id      text PRIMARY KEY,
        application_id   text,
        customer_id      text,
        outcome          text,
        light            text,
        score            integer,
        degraded         boolean,
        machine_outcome  text,
        final_outcome    text,
        final_by         text,
        decided_at       timestamptz,
        "row"            jsonb,
        as_of            timestamptz
    )
    """,
    "CREATE INDEX decisions_decided ON decisions (decided_at DESC)",
    "CREATE INDEX decisions_customer ON decisions (customer_id, decided_at)",
    "CREATE INDEX decisions_application ON decisions (application_id, decided_at)",
    # The request, its withdrawal and its receipts come on three topics, in any order.
    """
    CREATE TABLE messages (
        message_id      text PRIMARY KEY,
        customer_id     text,
        kind            text,
        channel         text,
        recipient       text,
        language        text,
        subject         text,
        body            text,
        payment_link    text,
        invoice_ids     jsonb,
        amount_due      jsonb,
        step            integer,
        tone            text,
        caused_by       text,
        last_look       jsonb,
        requested_at    timestamptz,
        not_after       timestamptz,
        withdrawn_at    timestamptz,
        withdrawn_because text,
        delivered_at    timestamptz,
        failed_at       timestamptz,
        failed_state    text,
        failed_reason   text,
        opened_at       timestamptz,
        as_of           timestamptz,
        state           text NOT NULL GENERATED ALWAYS AS (
            CASE WHEN delivered_at IS NOT NULL THEN 'delivered'
                 WHEN failed_at IS NOT NULL THEN coalesce(failed_state, 'failed')
                 WHEN withdrawn_at IS NOT NULL THEN 'withdrawn'
                 ELSE 'requested' END) STORED
    )
    """,
    "CREATE INDEX messages_requested ON messages (requested_at DESC)",
    "CREATE INDEX messages_customer ON messages (customer_id, requested_at)",
    "CREATE INDEX messages_kind ON messages (kind, requested_at DESC)",
    # What was due and did not leave. Rows of a customer's list never go away here.
    """
    CREATE TABLE not_sent (
        customer_id     text NOT NULL,
        at              timestamptz NOT NULL,
        kind            text NOT NULL,
        because         text NOT NULL,
        currency        text NOT NULL,
        step            integer NOT NULL,
        deferred_to     timestamptz,
        as_of           timestamptz,
        PRIMARY KEY (customer_id, at, kind, because, currency, step)
    )
    """,
    "CREATE INDEX not_sent_at ON not_sent (at DESC)",
    """
    CREATE TABLE fee_status (
        customer_id     text PRIMARY KEY,
        status          text,
        rule_id         text,
        rule_version    integer,
        fees            jsonb,
        changed_at      timestamptz,
        as_of           timestamptz
    )
    """,
    "CREATE INDEX fee_status_status ON fee_status (status)",
    """
    CREATE TABLE cases (
        case_id         text PRIMARY KEY,
        customer_id     text,
        state           text,
        previous        text,
        because         text,
        next_step       text,
        next_at         timestamptz,
        changed_at      timestamptz,
        as_of           timestamptz
    )
    """,
    "CREATE INDEX cases_changed ON cases (changed_at DESC)",
    "CREATE INDEX cases_customer ON cases (customer_id)",
    """
    CREATE TABLE dead_letters (
        partition       integer NOT NULL,
        "offset"        bigint NOT NULL,
        from_topic      text,
        from_partition  integer,
        from_offset     bigint,
        reason          text,
        detail          text,
        key             bytea,
        value           bytea,
        headers         jsonb,
        recorded_at     timestamptz,
        PRIMARY KEY (partition, "offset")
    )
    """,
    "CREATE INDEX dead_letters_recorded ON dead_letters (recorded_at DESC)",
    "CREATE INDEX dead_letters_reason ON dead_letters (reason, recorded_at DESC)",
    """
    CREATE TABLE interactions (
        source          text NOT NULL,
        event_id        text NOT NULL,
        type            text,
        customer_id     text,
        channel         text,
        at              timestamptz,
        message_id      text,
        direction       text,
        detail          jsonb,
        as_of           timestamptz,
        PRIMARY KEY (source, event_id)
    )
    """,
    "CREATE INDEX interactions_customer ON interactions (customer_id, at)",
    # Where the live row of an id is: `key` is the key whose partition has it.
    """
    CREATE TABLE row_index (
        kind            text NOT NULL,
        id              text NOT NULL,
        key             text NOT NULL,
        PRIMARY KEY (kind, id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
