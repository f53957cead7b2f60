"""From submission to publication: every change of state, its history and its outbox entry in one.

Changes of one rule set exclude each other, so of two people who publish at once one is told who
was quicker.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from connectors.postgres.pool import Connection, Pool
from connectors.postgres.rule_set_drafts import own_draft
from connectors.postgres.rule_set_standing import (
    Present,
    is_approved,
    lock,
    next_number,
    present_of,
)
from connectors.postgres.rule_sets import BY_KEY, Refused, StoredVersion, by_id, note_down
from domain.drafts import document_of


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What goes live without a second person; `restores`: the number whose content it is."""

    rule_set: str
    document: str
    note: str
    restores: int | None = None
    version_min: int = 0
    #: Only over this version: what somebody else put live meanwhile stays.
    over: int | None = None


class Life:
    """`shipped`: the version that this release brings, in force until a higher one is published.

    Methods raise Refused, and what `pool.LOST` lists when the server is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def submit(
        self, version_id: int, shipped: int, by: str, at: datetime, comment: str = ""
    ) -> StoredVersion:
        """A checked draft gets its number and waits for a second person."""
        async with self._alone(version_id) as (connection, one):
            await own_draft(connection, version_id, by)
            if one.state != "checked":
                raise Refused("not_checked")
            present = await present_of(connection, one.rule_set, shipped)
            if one.base_version != present.version:
                raise present.overtaken()
            number = await next_number(connection, one.rule_set, shipped)
            await connection.execute(
                "UPDATE rule_set_versions SET state = 'submitted', version = $2,"
                " submitted_at = $3, changed_at = $3 WHERE version_id = $1",
                version_id,
                number,
                at,
            )
            return await _told(connection, version_id, "submitted", by, at, comment)

    async def decide(
        self,
        version_id: int,
        verdict: Literal["approve", "reject"],
        by: str,
        at: datetime,
        comment: str,
    ) -> StoredVersion:
        """A second person's word. The table itself refuses the author's own and the API key's.

        What was written with the API key is approved by two people: one of them may hold the key.
        """
        if by == BY_KEY:
            raise Refused("key_decides")
        async with self._alone(version_id) as (connection, one):
            if one.author == by:
                raise Refused("own_work", by=by)
            if one.state != "submitted":
                raise Refused("not_submitted", at=one.changed_at, version=one.version)
            try:
                await connection.execute(
                    "INSERT INTO rule_set_approvals (version_id, author, approver, verdict,"
                    " comment, at) VALUES ($1, $2, $3, $4, $5, $6)",
                    version_id,
                    one.author,
                    by,
                    verdict,
                    comment,
                    at,
                )
            except asyncpg.CheckViolationError:
                raise Refused("comment_missing") from None
            except asyncpg.UniqueViolationError:
                raise Refused("decided_already") from None
            decided = "approved" if verdict == "approve" else "rejected"
            enough = decided == "rejected" or await is_approved(connection, one)
            await connection.execute(
                "UPDATE rule_set_versions SET state = $2, changed_at = $3 WHERE version_id = $1",
                version_id,
                decided if enough else one.state,
                at,
            )
            return await _told(connection, version_id, decided, by, at, comment)

    async def publish(self, version_id: int, shipped: int, by: str, at: datetime) -> StoredVersion:
        """Put an approved version live over the one that it was written over."""
        async with self._alone(version_id) as (connection, one):
            if one.state in {"published", "superseded"}:
                raise Refused(
                    "already", by=one.published_by, at=one.published_at, version=one.version
                )
            present = await present_of(connection, one.rule_set, shipped)
            if one.base_version != present.version:
                raise present.overtaken()
            if one.author == BY_KEY and not await is_approved(connection, one):
                raise Refused("needs_two", version=one.version)
            if one.state != "approved":
                raise Refused("not_approved", version=one.version)
            await _supersede(connection, present, at)
            await connection.execute(
                "UPDATE rule_set_versions SET state = 'published', published_at = $2,"
                " published_by = $3, changed_at = $2 WHERE version_id = $1",
                version_id,
                at,
                by,
            )
            await _enqueue(connection, one)
            return await _told(connection, version_id, "published", by, at)

    async def publish_at_once(
        self, wish: Shortcut, shipped: int, by: str, at: datetime, comment: str
    ) -> StoredVersion:
        """A new version in force in one step: what was in force before, or an operator's force.

        The table refuses to restore what never was in force. `comment` must say why.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await lock(connection, wish.rule_set)
            present = await present_of(connection, wish.rule_set, shipped)
            if wish.over is not None and present.version != wish.over:
                raise present.overtaken()
            number = await next_number(connection, wish.rule_set, shipped)
            await _supersede(connection, present, at)
            try:
                version_id = await connection.fetchval(
                    "INSERT INTO rule_set_versions (rule_set, version, base_version, state,"
                    " document, note, author, origin, restores, created_at, changed_at,"
                    " submitted_at, published_at, published_by) VALUES ($1, $2, $3, 'published',"
                    " $4, $5, $6, $7, $8, $9, $9, $9, $9, $6) RETURNING version_id",
                    wish.rule_set,
                    max(number, wish.version_min),
                    present.version,
                    wish.document,
                    wish.note,
                    by,
                    "forced" if wish.restores is None else "rolled_back",
                    wish.restores,
                    at,
                )
            except asyncpg.CheckViolationError:
                raise Refused("never_in_force", version=wish.restores) from None
            one = await by_id(connection, version_id)
            if one is None:
                raise Refused("unknown")
            await _enqueue(connection, one)
            return await _told(connection, version_id, one.origin, by, at, comment)

    @asynccontextmanager
    async def _alone(self, version_id: int) -> AsyncIterator[tuple[Connection, StoredVersion]]:
        async with self._pool.acquire() as connection, connection.transaction():
            one = await by_id(connection, version_id)
            if one is None:
                raise Refused("unknown")
            await lock(connection, one.rule_set)
            yield connection, await by_id(connection, version_id, lock=True) or one


async def _supersede(connection: Connection, present: Present, at: datetime) -> None:
    if present.row is not None:
        await connection.execute(
            "UPDATE rule_set_versions SET state = 'superseded', changed_at = $2"
            " WHERE version_id = $1",
            present.row.version_id,
            at,
        )


async def _enqueue(connection: Connection, one: StoredVersion) -> None:
    document = document_of(one.rule_set, one.version or 0, one.note, json.loads(one.document))
    await connection.execute(
        "INSERT INTO rule_set_outbox (rule_set, version, document) VALUES ($1, $2, $3)",
        one.rule_set,
        one.version,
        document.decode(),
    )


async def _told(
    connection: Connection, version_id: int, what: str, by: str, at: datetime, comment: str = ""
) -> StoredVersion:
    found = await by_id(connection, version_id)
    if found is None:
        raise Refused("unknown")
    await note_down(connection, found, what, by, at, comment)
    return found
