"""Rule sets: versions, who approved them, what happened to them, and what is to be published.

The database holds what no page may get wrong: the approver is not the author, nothing goes live
without an approval, what was submitted is never rewritten, and history is only added to.
"""

from __future__ import annotations

from alembic import op

revision = "0400_rule_sets"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE rule_set_versions (
        version_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rule_set      text NOT NULL,
        -- Assigned at submission; drafts have none.
        version       integer CHECK (version > 0),
        -- What was in force when it was begun: published only over that.
        base_version  integer NOT NULL,
        state         text NOT NULL CHECK (state IN ('draft', 'checked', 'discarded', 'submitted',
                      'approved', 'rejected', 'published', 'superseded')),
        -- JSON without id, version and note; text, for the order of its members is the reader's.
        document      text NOT NULL,
        note          text NOT NULL DEFAULT '',
        author        text NOT NULL CHECK (author <> ''),
        origin        text NOT NULL DEFAULT 'written'
                      CHECK (origin IN ('written', 'rolled_back', 'forced')),
        restores      integer,
        -- What the check of exactly this document found.
        report        jsonb,
        created_at    timestamptz NOT NULL,
        changed_at    timestamptz NOT NULL,
        submitted_at  timestamptz,
        published_at  timestamptz,
        published_by  text,
        UNIQUE (rule_set, version),
        UNIQUE (version_id, author),
        CHECK ((version IS NULL) = (state IN ('draft', 'checked', 'discarded'))),
        CHECK ((published_at IS NULL) = (state NOT IN ('published', 'superseded'))),
        CHECK ((origin = 'rolled_back') = (restores IS NOT NULL))
    )
    """,
    # One version of a rule set is in force.
    (
        "CREATE UNIQUE INDEX rule_set_in_force ON rule_set_versions (rule_set)"
        " WHERE state = 'published'"
    ),
    """
    CREATE TABLE rule_set_approvals (
        version_id  bigint NOT NULL,
        author      text NOT NULL,
        approver    text NOT NULL CHECK (approver <> author),
        verdict     text NOT NULL CHECK (verdict IN ('approve', 'reject')),
        comment     text NOT NULL CHECK (btrim(comment) <> ''),
        at          timestamptz NOT NULL,
        PRIMARY KEY (version_id, approver),
        FOREIGN KEY (version_id, author) REFERENCES rule_set_versions (version_id, author)
    )
    """,
    """
    CREATE TABLE rule_set_history (
        entry_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rule_set    text NOT NULL,
        version_id  bigint NOT NULL REFERENCES rule_set_versions (version_id),
        version     integer,
        what        text NOT NULL,
        by_whom     text NOT NULL,
        comment     text NOT NULL DEFAULT '',
        at          timestamptz NOT NULL
    )
    """,
    "CREATE INDEX rule_set_history_of ON rule_set_history (rule_set, entry_id)",
    """
    CREATE TABLE rule_set_outbox (
        entry_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rule_set      text NOT NULL,
        version       integer NOT NULL,
        document      text NOT NULL,
        recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- When the log had it in every partition, by the real time.
        published_at  timestamptz,
        -- The log had a newer one, of which we know nothing: this one has no effect.
        overtaken_by  integer,
        FOREIGN KEY (rule_set, version) REFERENCES rule_set_versions (rule_set, version)
    )
    """,
    "CREATE INDEX rule_set_outbox_open ON rule_set_outbox (entry_id) WHERE published_at IS NULL",
    """
    CREATE FUNCTION rule_set_is_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF NEW.author <> OLD.author OR NEW.rule_set <> OLD.rule_set
               OR NEW.origin <> OLD.origin OR OLD.state = 'discarded' THEN
                RAISE EXCEPTION 'who wrote a version, and of what, never changes'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF OLD.state NOT IN ('draft', 'checked') AND
               (NEW.document, NEW.note, NEW.version, NEW.base_version)
               IS DISTINCT FROM (OLD.document, OLD.note, OLD.version, OLD.base_version) THEN
                RAISE EXCEPTION 'what was submitted is never rewritten'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF OLD.state IN ('rejected', 'superseded') AND NEW.state <> OLD.state THEN
                RAISE EXCEPTION 'a version does not come back: it is followed by another'
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        IF NEW.state = 'published' AND NEW.origin = 'written' AND NOT EXISTS (
            SELECT FROM rule_set_approvals AS a
            WHERE a.version_id = NEW.version_id AND a.verdict = 'approve') THEN
            RAISE EXCEPTION 'nothing goes live without a second person''s approval'
                USING ERRCODE = 'check_violation';
        END IF;
        -- A number that is not here is the shipped version's.
        IF NEW.origin = 'rolled_back' AND EXISTS (
            SELECT FROM rule_set_versions AS v
            WHERE v.rule_set = NEW.rule_set AND v.version = NEW.restores
            AND (v.document <> NEW.document OR v.published_at IS NULL)) THEN
            RAISE EXCEPTION 'only what was in force is restored in one step'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    (
        "CREATE TRIGGER rule_set_is_guarded BEFORE INSERT OR UPDATE ON rule_set_versions"
        " FOR EACH ROW EXECUTE FUNCTION rule_set_is_guarded()"
    ),
    """
    CREATE FUNCTION rule_set_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END $$
    """,
    (
        "CREATE TRIGGER rule_set_history_stays BEFORE UPDATE OR DELETE ON rule_set_history"
        " FOR EACH ROW EXECUTE FUNCTION rule_set_record_stays()"
    ),
    (
        "CREATE TRIGGER rule_set_approvals_stay BEFORE UPDATE OR DELETE ON rule_set_approvals"
        " FOR EACH ROW EXECUTE FUNCTION rule_set_record_stays()"
    ),
    (
        "CREATE TRIGGER rule_set_versions_stay BEFORE DELETE ON rule_set_versions"
        " FOR EACH ROW EXECUTE FUNCTION rule_set_record_stays()"
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
