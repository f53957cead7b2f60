"""How a rule set stands inside a transaction that changes it: what is in force, who approved."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.postgres.pool import Connection
from connectors.postgres.rule_sets import BY_KEY, Refused, StoredVersion, by_number


@dataclass(frozen=True, slots=True)
class Present:
    """What is in force, locked: its number, and who put it there when (nobody: as shipped)."""

    version: int
    row: StoredVersion | None

    def overtaken(self) -> Refused:
        """The refusal that names it."""
        by = self.row.published_by if self.row else None
        return Refused(
            "overtaken",
            by=by,
            at=self.row.published_at if self.row else None,
            version=self.version,
        )


async def lock(connection: Connection, rule_set: str) -> None:
    """Until the transaction ends, nobody else changes versions of the rule set."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('rule-set:' || $1, 0))", rule_set
    )


async def present_of(connection: Connection, rule_set: str, shipped: int) -> Present:
    """What is in force, for whoever holds the lock."""
    number = await connection.fetchval(
        "SELECT version FROM rule_set_versions WHERE rule_set = $1 AND state = 'published'",
        rule_set,
    )
    row = await by_number(connection, rule_set, number) if number is not None else None
    # A release that ships a higher version than what was published is what holds.
    return Present(max(number or 0, shipped), row)


async def next_number(connection: Connection, rule_set: str, shipped: int) -> int:
    """Above every number that is taken, on the log, too."""
    newest = await connection.fetchval(
        "SELECT greatest((SELECT max(version) FROM rule_set_versions WHERE rule_set = $1),"
        " (SELECT max(overtaken_by) FROM rule_set_outbox WHERE rule_set = $1), $2::int)",
        rule_set,
        shipped,
    )
    return int(newest) + 1


async def is_approved(connection: Connection, one: StoredVersion) -> bool:
    """By as many people as it takes. The table counts nobody twice, and not the author."""
    approvers = await connection.fetchval(
        "SELECT count(*) FROM rule_set_approvals WHERE version_id = $1 AND verdict = 'approve'"
        " AND approver <> $2",
        one.version_id,
        BY_KEY,
    )
    return bool(approvers >= (2 if one.author == BY_KEY else 1))
