"""Drafts of rule sets: begun, saved, checked and discarded by their author."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.postgres.pool import Connection, Pool
from connectors.postgres.rule_sets import DRAFTS_MAX, Refused, StoredVersion, by_id, note_down

_OPEN = frozenset({"draft", "checked"})


class Drafts:
    """Methods raise Refused, and what `pool.LOST` lists when the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(
        self, rule_set: str, base_version: int, document: str, note: str, by: str, at: datetime
    ) -> int:
        """A new draft over the version in force; gives its id."""
        async with self._pool.acquire() as connection, connection.transaction():
            unfinished = await connection.fetchval(
                "SELECT count(*) FROM rule_set_versions WHERE rule_set = $1 AND author = $2"
                " AND state IN ('draft', 'checked')",
                rule_set,
                by,
            )
            if unfinished >= DRAFTS_MAX:
                raise Refused("too_many_drafts")
            version_id: int = await connection.fetchval(
                "INSERT INTO rule_set_versions (rule_set, base_version, state, document, note,"
                " author, created_at, changed_at) VALUES ($1, $2, 'draft', $3, $4, $5, $6, $6)"
                " RETURNING version_id",
                rule_set,
                base_version,
                document,
                note,
                by,
                at,
            )
            made = await by_id(connection, version_id)
            if made is not None:
                await note_down(connection, made, "begun", by, at)
            return version_id

    async def save(
        self, version_id: int, document: str, note: str, by: str, at: datetime
    ) -> StoredVersion:
        """Replace the text of one's own draft; it must be checked again."""
        async with self._pool.acquire() as connection, connection.transaction():
            one = await own_draft(connection, version_id, by)
            if (one.document, one.note) == (document, note):
                return one
            await connection.execute(
                "UPDATE rule_set_versions SET document = $2, note = $3, state = 'draft',"
                " report = NULL, changed_at = $4 WHERE version_id = $1",
                version_id,
                document,
                note,
                at,
            )
            found = await by_id(connection, version_id)
            return found or one

    async def note_report(self, one: StoredVersion, report: dict[str, Any], *, sound: bool) -> bool:
        """Keep what the check of `one` found; False when the draft has changed meanwhile."""
        done = await self._pool.execute(
            "UPDATE rule_set_versions SET report = $3, state = $4 WHERE version_id = $1"
            " AND state IN ('draft', 'checked') AND document = $2",
            one.version_id,
            one.document,
            report,
            "checked" if sound else "draft",
        )
        return bool(done == "UPDATE 1")

    async def discard(self, version_id: int, by: str, at: datetime) -> StoredVersion:
        """End one's own draft; it stays in the history."""
        async with self._pool.acquire() as connection, connection.transaction():
            one = await own_draft(connection, version_id, by)
            await connection.execute(
                "UPDATE rule_set_versions SET state = 'discarded', changed_at = $2"
                " WHERE version_id = $1",
                version_id,
                at,
            )
            await note_down(connection, one, "discarded", by, at)
            return await by_id(connection, version_id) or one


async def own_draft(connection: Connection, version_id: int, by: str) -> StoredVersion:
    """The draft, locked. Raises Refused when it is somebody else's or no draft any more."""
    one = await by_id(connection, version_id, lock=True)
    if one is None:
        raise Refused("unknown")
    if one.author != by:
        raise Refused("not_yours", by=one.author)
    if one.state not in _OPEN:
        raise Refused("not_a_draft", by=one.author, at=one.changed_at, version=one.version)
    return one
