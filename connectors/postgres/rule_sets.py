"""Reads of the versions of rule sets, and the drafts that people write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.postgres.pool import Connection, Pool

#: More unfinished drafts of one rule set by one person are refused.
DRAFTS_MAX = 20
#: Whoever sends the API key. It may be anybody, also the one person who would be the second.
BY_KEY = "api"
_LIST_MAX = 200


class Refused(Exception):
    """The life of a version does not allow it now. `code` is stable; the rest says who and when."""

    def __init__(
        self,
        code: str,
        *,
        by: str | None = None,
        at: datetime | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.by, self.at, self.version = code, by, at, version


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version or draft as the table has it; `document` is JSON without id, version and note."""

    version_id: int
    rule_set: str
    version: int | None
    base_version: int
    state: str
    document: str
    note: str
    author: str
    origin: str
    restores: int | None
    report: dict[str, Any] | None
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    published_by: str | None


_COLUMNS = ", ".join(StoredVersion.__dataclass_fields__)


def stored(row: Any) -> StoredVersion:
    """The version of a database row."""
    return StoredVersion(**{name: row[name] for name in StoredVersion.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Published:
    """Which version is in force, without its document, which never changes any more."""

    rule_set: str
    version_id: int
    version: int
    published_at: datetime


async def published(pool: Pool) -> list[Published]:
    """One for each rule set that was ever published, by its name."""
    rows = await pool.fetch(
        "SELECT rule_set, version_id, version, published_at FROM rule_set_versions"
        " WHERE state = 'published' ORDER BY rule_set"
    )
    return [Published(**dict(row)) for row in rows]


async def by_ids(pool: Pool, version_ids: list[int]) -> list[StoredVersion]:
    """Those versions, with their documents."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM rule_set_versions WHERE version_id = ANY($1::bigint[])",  # noqa: S608 - our names
        version_ids,
    )
    return [stored(row) for row in rows]


async def open_versions(pool: Pool) -> list[StoredVersion]:
    """Everything that is on its way, newest first."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM rule_set_versions WHERE state IN"  # noqa: S608
        f" ('draft', 'checked', 'submitted', 'approved') ORDER BY version_id DESC LIMIT {_LIST_MAX}"
    )
    return [stored(row) for row in rows]


async def versions(pool: Pool, rule_set: str) -> list[StoredVersion]:
    """The newest numbered versions of a rule set, newest first."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM rule_set_versions WHERE rule_set = $1 AND version IS NOT NULL"  # noqa: S608
        f" ORDER BY version DESC LIMIT {_LIST_MAX}",
        rule_set,
    )
    return [stored(row) for row in rows]


async def by_id(
    source: Pool | Connection, version_id: int, *, lock: bool = False
) -> StoredVersion | None:
    """One version or draft."""
    row = await source.fetchrow(
        f"SELECT {_COLUMNS} FROM rule_set_versions WHERE version_id = $1"  # noqa: S608
        + (" FOR UPDATE" if lock else ""),
        version_id,
    )
    return stored(row) if row is not None else None


async def by_number(source: Pool | Connection, rule_set: str, version: int) -> StoredVersion | None:
    """A numbered version."""
    row = await source.fetchrow(
        f"SELECT {_COLUMNS} FROM rule_set_versions WHERE rule_set = $1 AND version = $2",  # noqa: S608
        rule_set,
        version,
    )
    return stored(row) if row is not None else None


async def approvals(pool: Pool, version_id: int) -> list[dict[str, Any]]:
    """Who approved or rejected a version, and why."""
    rows = await pool.fetch(
        "SELECT approver, verdict, comment, at FROM rule_set_approvals WHERE version_id = $1"
        " ORDER BY at",
        version_id,
    )
    return [dict(row) for row in rows]


async def history(pool: Pool, rule_set: str) -> list[dict[str, Any]]:
    """What happened to a rule set, newest first."""
    rows = await pool.fetch(
        "SELECT version_id, version, what, by_whom, comment, at FROM rule_set_history"
        " WHERE rule_set = $1 ORDER BY entry_id DESC LIMIT $2",
        rule_set,
        _LIST_MAX,
    )
    return [dict(row) for row in rows]


async def note_down(
    connection: Connection, one: StoredVersion, what: str, by: str, at: datetime, comment: str = ""
) -> None:
    """Add to the history, in the caller's transaction."""
    await connection.execute(
        "INSERT INTO rule_set_history (rule_set, version_id, version, what, by_whom, comment, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        one.rule_set,
        one.version_id,
        one.version,
        what,
        by,
        comment,
        at,
    )
