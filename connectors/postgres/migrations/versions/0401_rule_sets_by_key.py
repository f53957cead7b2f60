"""The API key is nobody's second person: it approves nothing, and what it wrote takes two people.

Whoever holds the key may have a login too, and would else write as one and approve as the other.
"""

from __future__ import annotations

from alembic import op

revision = "0401_rule_sets_by_key"
down_revision = "0400_rule_sets"
branch_labels = None
depends_on = None

STATEMENTS = (
    # What was decided before stays in the record.
    (
        "ALTER TABLE rule_set_approvals ADD CONSTRAINT not_by_key CHECK (approver <> 'api')"
        " NOT VALID"
    ),
    """
    CREATE FUNCTION rule_set_by_key_is_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT count(*) FROM rule_set_approvals AS a WHERE a.version_id = NEW.version_id
            AND a.verdict = 'approve' AND a.approver <> 'api') < 2 THEN
            RAISE EXCEPTION 'what the API key wrote goes live after two people''s approval'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    (
        "CREATE TRIGGER rule_set_by_key_is_guarded BEFORE INSERT OR UPDATE ON rule_set_versions"
        " FOR EACH ROW WHEN (NEW.state = 'published' AND NEW.origin = 'written'"
        " AND NEW.author = 'api') EXECUTE FUNCTION rule_set_by_key_is_guarded()"
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
