"""Takes collections that are due into bank files, each once, and keeps what was written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from connectors.pain008.creditor import Creditor
from connectors.pain008.document import Debit, Document, build
from connectors.postgres.pool import Connection, Pool

#: Any number will do, as long as nothing else in this database locks it.
_LOCK = 7_310_551_208
#: So many collections are one file: what a bank and its reader can take in one piece.
FILE_DEBITS_MAX = 20_000

_FREE = """
SELECT d.* FROM direct_debits AS d
LEFT JOIN debit_file_items AS i USING (collection_id)
LEFT JOIN debits_not_made AS n USING (collection_id)
WHERE i.collection_id IS NULL AND n.collection_id IS NULL
  AND requested_at IS NOT NULL AND cancelled_at IS NULL
  AND cancellable_until <= $1 AND ($2::date IS NULL OR collect_on = $2)
ORDER BY collect_on, scheme, collection_id
"""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it was made."""

    name: str
    collect_on: dt.date
    count: int
    minor: int
    content: bytes
    is_new: bool


@dataclass(frozen=True, slots=True)
class LateDebit:
    """A collection whose day has come before any file had it."""

    collection_id: str
    customer_id: str
    invoice_id: str
    attempt: int
    minor: int
    currency: str
    country: str
    cut_off: dt.datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run found: files old and new, and collections that no file can carry."""

    files: tuple[KeptFile, ...]
    #: Their day has come or gone: no bank would collect them then.
    too_late: tuple[LateDebit, ...]
    #: Without an account with us: for whoever reads the topic.
    without_account: tuple[str, ...]


class DebitFiles:
    """Methods raise what `pool.LOST` lists when the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(
        self,
        creditor: Creditor,
        *,
        final_by: dt.datetime,
        now: dt.datetime,
        today: dt.date,
        on: dt.date | None,
    ) -> Taken:
        """Make files of all collections that can't be taken back any more since `final_by`.

        In one transaction: a collection is in no file or in one. `today`: files of earlier days
        are not given again, nor made. Raises InvalidFile.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            rows = await connection.fetch(_FREE, final_by, on)
            bare, late, ready = _sorted(rows, today)
            known = await _known(connection, on, today)
            made = [await _keep(connection, creditor, group, now) for group in _groups(ready)]
        return Taken(
            (*known, *made),
            tuple(_late(row) for row in late),
            tuple(row["collection_id"] for row in bare),
        )

    async def written(self, names: Sequence[str], now: dt.datetime) -> None:
        """The files lie where the bank's software finds them. Again changes nothing."""
        await self._pool.execute(
            "UPDATE debit_files SET written_at = coalesce(written_at, $2)"
            " WHERE file_name = ANY($1)",
            list(names),
            now,
        )

    async def told(self, ids: Sequence[str], now: dt.datetime) -> None:
        """The log knows that these were not made. Again changes nothing."""
        await self._pool.execute(
            "INSERT INTO debits_not_made SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING",
            list(ids),
            now,
        )

    async def projected_until(self) -> dt.datetime | None:
        """All that was on the log then has been read; None before anything was."""
        found: dt.datetime | None = await self._pool.fetchval(
            "SELECT min(projected_until) FROM projection_offsets"
        )
        return found


async def _known(connection: Connection, on: dt.date | None, today: dt.date) -> list[KeptFile]:
    rows = await connection.fetch(
        """SELECT * FROM debit_files
           WHERE CASE WHEN $1::date IS NULL THEN collect_on > $2 ELSE collect_on = $1 END
           ORDER BY file_name""",
        on,
        today,
    )
    return [_kept(row, is_new=False) for row in rows]


def _sorted(rows: Sequence[Any], today: dt.date) -> tuple[list[Any], list[Any], list[Any]]:
    """Without an account; too late for a file; ready for one.

    Without an account is never late: no file of ours was to carry it, and whoever reads the topic
    may well have collected it.
    """
    bare: list[Any] = []
    late: list[Any] = []
    ready: list[Any] = []
    for row in rows:
        if row["debtor_iban"] is None:
            bare.append(row)
        elif row["collect_on"] <= today:
            late.append(row)
        else:
            ready.append(row)
    return bare, late, ready


def _groups(rows: Sequence[Any]) -> Iterator[list[Debit]]:
    """By day and scheme, in pieces that a file may hold."""
    for _, group in groupby(rows, key=lambda row: (row["collect_on"], row["scheme"])):
        debits = [_debit(row) for row in group]
        for start in range(0, len(debits), FILE_DEBITS_MAX):
            yield debits[start : start + FILE_DEBITS_MAX]


def _late(row: Any) -> LateDebit:
    return LateDebit(
        collection_id=row["collection_id"],
        customer_id=row["customer_id"],
        invoice_id=row["invoice_id"],
        attempt=row["attempt"],
        minor=row["minor"],
        currency=row["currency"],
        country=row["country"],
        cut_off=row["cancellable_until"],
    )


def _debit(row: Any) -> Debit:
    return Debit(
        collection_id=row["collection_id"],
        minor=row["minor"],
        mandate_id=row["mandate_id"],
        signed_on=row["signed_on"],
        sequence_type=row["sequence_type"],
        scheme=row["scheme"],
        collect_on=row["collect_on"],
        debtor_name=row["debtor_name"],
        debtor_iban=row["debtor_iban"],
        text=row["invoice_id"],
    )


async def _keep(
    connection: Connection, creditor: Creditor, debits: list[Debit], now: dt.datetime
) -> KeptFile:
    first = debits[0]
    made: Document = build(creditor, debits, now)
    name = f"pain.008-{first.collect_on}-{first.scheme}-{made.message_id[3:15]}.xml"
    row = await connection.fetchrow(
        """INSERT INTO debit_files
             (file_name, message_id, collect_on, scheme, count, minor, content, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *""",
        name,
        made.message_id,
        first.collect_on,
        first.scheme,
        made.count,
        made.minor,
        made.content,
        now,
    )
    await connection.executemany(
        "INSERT INTO debit_file_items (collection_id, file_name) VALUES ($1, $2)",
        [(one.collection_id, name) for one in debits],
    )
    return _kept(row, is_new=True)


def _kept(row: Any, *, is_new: bool) -> KeptFile:
    return KeptFile(
        row["file_name"], row["collect_on"], row["count"], row["minor"], row["content"], is_new
    )
