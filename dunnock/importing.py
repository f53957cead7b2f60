"""Imports one bank file: read it all, book it in batches, publish what was booked, tell.

Nothing is booked before the last byte was read and every control sum fitted. From there on every
step may be repeated: a crash in between costs time and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import stamina

from connectors.bank.booking import Numbered, book
from connectors.bank.identity import Occurrences, Taken, likeness_of
from connectors.bank.items import ReturnedDebit
from connectors.bank.limits import MIB, FileRefused, Limits
from connectors.bank.reading import read
from connectors.bank.report import Tally
from connectors.log_client import LogUnavailable
from connectors.postgres.bank_files import Arrival, BankFiles, Source
from connectors.postgres.pool import LOST, Pool
from dunnock.importing_outbox import OutboxPublisher
from runtime.clock import utc_now
from runtime.logs import logger
from runtime.settings import Settings

log = logger(__name__)
_BATCH = 1_000
_HASH_PIECE = 1024 * 1024
_BUSY_POLL_S = 0.5
_INTERNAL = "This is a fault of ours: the log says more. Hand the file in again when it is mended."

Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """The file's row after the import; `again`: it had been booked before."""

    file: dict[str, Any]
    again: bool

    @property
    def is_rejected(self) -> bool:
        """Nothing of it was booked."""
        return bool(self.file["state"] == "rejected")


def limits_of(settings: Settings) -> Limits:
    """The bounds that the settings allow."""
    return Limits(
        packed_bytes_max=settings.bank_file_mib * MIB,
        unpacked_bytes_max=settings.bank_unpacked_mib * MIB,
        sums_must_fit=settings.bank_control_sums == "refuse",
    )


def digest_of(path: Path) -> tuple[str, int]:
    """SHA-256 of a file, which is its id, and its size."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_HASH_PIECE):
            found.update(piece)
            size += len(piece)
    return found.hexdigest(), size


class Importer:
    """Imports files into one installation. `told(step, count)` hears of progress."""

    def __init__(self, pool: Pool, outbox: OutboxPublisher, limits: Limits) -> None:
        self._pool = pool
        self._files = BankFiles(pool)
        self._outbox = outbox
        self._limits = limits

    async def import_file(
        self, path: Path, name: str, source: Source, told: Told = lambda *_: None
    ) -> Imported:
        """Import `path`. Raises OSError for a file that can't be read, and `pool.LOST`."""
        file_id, size = await asyncio.to_thread(digest_of, path)
        arrival = Arrival(file_id, name, source, size)
        state = await self._files.begin(arrival, utc_now())
        while True:
            async with self._files.working_on(file_id) as mine:
                if mine:
                    again = state == "booked" or await self._is_done(file_id)
                    if not again:
                        await self.work_on(file_id, path, told)
                    break
            told("waiting", 0)
            await asyncio.sleep(_BUSY_POLL_S)
        found = await self._files.get(file_id)
        if found is None:
            raise LookupError(f"no bank file {file_id}")
        found["unmatched"] = await self._files.unmatched_of(file_id)
        return Imported(found, again)

    async def _is_done(self, file_id: str) -> bool:
        found = await self._files.get(file_id)
        return found is not None and found["state"] == "booked"

    async def work_on(self, file_id: str, path: Path, told: Told = lambda *_: None) -> None:
        """Read, book, publish and write the report; the caller is `working_on` it.

        Whatever else goes wrong with this file is its end alone: others wait behind it.
        """
        try:
            await self._work_on(file_id, path, told)
        except (*LOST, LogUnavailable):
            raise
        except Exception:
            log.exception("a bank file can't be worked on", file=file_id[:12])
            await self._give_up(file_id)

    async def _give_up(self, file_id: str) -> None:
        """A fault of ours. What was booked of the file stays: handed in again, the rest follows."""
        report = Tally().refusal(FileRefused("internal", _INTERNAL))
        own = await self._files.own(file_id)
        report["counts"] |= {state: own.get(state, 0) for state in ("booked", "unmatched")}
        await self._files.reject(file_id, "internal", report, utc_now())

    async def _work_on(self, file_id: str, path: Path, told: Told) -> None:
        tally = Tally()
        with tempfile.TemporaryFile(prefix="dunnock-bank-") as spool:
            try:
                await asyncio.to_thread(self._read, path, file_id, spool, tally, told)
            except FileRefused as error:
                log.warning("a bank file is refused", file=file_id[:12], code=error.code)
                await self._files.reject(file_id, error.code, tally.refusal(error), utc_now())
                return
            spool.seek(0)
            await self._book_all(file_id, _batches(spool), tally, told)
        await self._outbox.publish()
        report = tally.report(await self._files.own(file_id))
        await self._files.finish(file_id, report, utc_now())
        log.info("a bank file is imported", file=file_id[:12], **report["counts"])

    def _read(self, path: Path, file_id: str, spool: IO[bytes], tally: Tally, told: Told) -> None:
        """The whole file into the spool: what is left of 100 MB of XML are some 30 MB."""
        occurrences = Occurrences()
        for row in read(path, self._limits, tally.about):
            tally.read(row)
            if isinstance(row, ReturnedDebit):
                likeness = likeness_of(row, file_id)
                head = [likeness, occurrences.of(row, likeness)]
                spool.write(orjson.dumps(head) + b"\n" + row.model_dump_json().encode() + b"\n")
                if tally.returns % _BATCH == 0:
                    told("read", tally.returns)

    async def _book_all(
        self, file_id: str, batches: Iterator[list[Numbered]], tally: Tally, told: Told
    ) -> None:
        """While one batch is published, the next one is booked."""
        done, taken = 0, Taken()
        publishing: asyncio.Task[int] | None = None
        try:
            while batch := await asyncio.to_thread(next, batches, None):
                await self._book(file_id, batch, tally, taken)
                if publishing is not None:
                    await publishing
                publishing = asyncio.create_task(self._outbox.publish())
                done += len(batch)
                told("booked", done)
                await self._files.progress(file_id, tally.progress(done))
        finally:
            if publishing is not None:
                await publishing

    async def _book(self, file_id: str, batch: list[Numbered], tally: Tally, taken: Taken) -> None:
        async for attempt in stamina.retry_context(on=LOST, attempts=10, timeout=60.0):
            with attempt:
                outcome = await book(self._pool, file_id, batch, utc_now(), taken)
        tally.booked(outcome)


def _batches(spool: IO[bytes]) -> Iterator[list[Numbered]]:
    batch: list[Numbered] = []
    while head := spool.readline():
        likeness, occurrence = orjson.loads(head)
        item = ReturnedDebit.model_validate_json(spool.readline())
        batch.append(Numbered(item, likeness, occurrence))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
