"""`dunnock export debits [--date DAY] DIR`: collections that are final, as files for the bank.

A collection is in one file only. A run that is repeated, also after a crash, gives the same files
with the same names and contents. Exit code 1 when something could not be collected any more.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

from aiokafka.errors import KafkaError

from connectors import kafka_io
from connectors.pain008.creditor import BadCreditor, Creditor
from connectors.pain008.schema import InvalidFile
from connectors.postgres.debit_files import DebitFiles, KeptFile, LateDebit, Taken
from connectors.postgres.pool import LOST, Pool, connected
from connectors.simulated_clock import STARTS_AT
from domain.calendar import local_date
from domain.debits.candidates import ZONE
from domain.events.ledger import DirectDebitFailed
from domain.money import PositiveMoney
from dunnock.embedded.problems import Problem
from dunnock.importing_command import installation
from runtime.clock import utc_now
from runtime.settings import Settings
from streams.codec import headers_of
from streams.topics import FAILED_DIRECT_DEBITS, TopicNames

_CATCH_UP_S = 30.0
_POLL_S = 0.2
#: Wrong date: a fault of ours, so nobody hears of it.
_NOT_MADE = "DT01"


def export_debits(chosen: argparse.Namespace) -> int:
    """Write the files into `chosen.dir`; gives the exit code. Raises Problem."""
    directory, there = Path(chosen.dir), installation(chosen.stack)
    try:
        on = dt.date.fromisoformat(chosen.date) if chosen.date else None
    except ValueError:
        raise Problem(f"{chosen.date} is no date: write it as 2026-06-25.") from None
    if not directory.is_dir():
        raise Problem(f"{directory} is no directory.")
    try:
        taken = asyncio.run(export(there, directory, on))
    except BadCreditor as fault:
        raise Problem(f"The settings do not say who collects: {fault}.") from None
    except InvalidFile as fault:
        raise Problem(f"A file would not be valid ({fault}): nothing was taken.") from None
    except (*LOST, TimeoutError) as error:
        raise Problem(f"The database does not answer ({type(error).__name__}).") from error
    print(in_words(taken))
    return 1 if taken.too_late else 0


async def export(there: Settings, directory: Path, on: dt.date | None) -> Taken:
    """Take what is final and write it. Raises Problem, BadCreditor, InvalidFile."""
    creditor = Creditor(
        there.creditor_name, there.creditor_iban, there.creditor_bic, there.creditor_id
    )
    creditor.check()
    async with connected(there.database_url, name="export", size_max=2) as pool:
        now = await _now(pool, there)
        files = DebitFiles(pool)
        await _catch_up(files)
        taken = await files.take(
            creditor,
            # Later than the cut-off by more than any worker lags: what was taken back is known.
            final_by=now - dt.timedelta(minutes=there.debit_grace_minutes),
            now=now,
            today=local_date(now, ZONE),
            on=on,
        )
        for one in taken.files:
            _write(directory, one)
        await files.written([one.name for one in taken.files], now)
        if taken.too_late:
            await tell_not_made(there, taken.too_late)
            await files.told([one.collection_id for one in taken.too_late], now)
    return taken


async def _now(pool: Pool, there: Settings) -> dt.datetime:
    """By the installation's own clock: by real time a simulated stack's collections are all late.

    The row alone says nothing: it stays when an installation goes over to real time.
    """
    if there.clock == "real":
        return utc_now()
    simulated: dt.datetime | None = await pool.fetchval("SELECT now FROM simulated_clock")
    return simulated or STARTS_AT


async def _catch_up(files: DebitFiles) -> None:
    """Wait until the projector has read all that was on the log by now. Raises Problem."""
    asked_at = utc_now()
    try:
        async with asyncio.timeout(_CATCH_UP_S):
            while True:
                read_until = await files.projected_until()
                if read_until is not None and read_until >= asked_at:
                    return
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise Problem("The projector has not read all of the log yet. Try again.") from None


async def tell_not_made(there: Settings, late: Sequence[LateDebit]) -> None:
    """A failure that is our own: the item is no longer being collected. Always the same event."""
    topic = TopicNames(there.topic_prefix).wire(FAILED_DIRECT_DEBITS)
    records = []
    for one in late:
        data = DirectDebitFailed(
            collection_id=one.collection_id,
            customer_id=one.customer_id,
            invoice_id=one.invoice_id,
            amount=PositiveMoney(minor=one.minor, currency=one.currency),
            reason_code=_NOT_MADE,
            failed_at=one.cut_off,
            debtor_country=one.country,
            attempt=one.attempt,
        )
        headers = headers_of(
            "direct-debit.failed.v1", f"not-made:{one.collection_id}", one.cut_off, "dunnock/export"
        )
        body = data.model_dump_json(exclude_none=True).encode()
        records.append(kafka_io.Outgoing(topic, one.customer_id.encode(), body, headers))
    try:
        async with kafka_io.publisher(there.kafka) as publisher:
            await publisher.publish(records)
    except (KafkaError, OSError) as error:
        raise Problem(f"Kafka at {there.kafka} does not answer ({error}).") from error


def _write(directory: Path, file: KeptFile) -> None:
    """The whole file or none; one of that name that differs is not touched. Raises Problem."""
    place = directory / file.name
    try:
        if place.exists():
            if place.read_bytes() != file.content:
                raise Problem(f"{place} is there already and holds something else.")
            return
        part = place.with_name(f".{place.name}.part")
        with part.open("wb") as out:
            out.write(file.content)
            out.flush()
            os.fsync(out.fileno())
        part.rename(place)
    except OSError as error:
        raise Problem(f"{place} cannot be written: {error.strerror}.") from error


def in_words(taken: Taken) -> str:
    """What was done, for people."""
    lines = [
        f"{one.name}: {one.count} collections, {one.minor // 100}.{one.minor % 100:02d} EUR,"
        f" on {one.collect_on}{'' if one.is_new else ' (made before)'}"
        for one in taken.files
    ]
    lines += [f"too late for its day, not collected: {one.collection_id}" for one in taken.too_late]
    if taken.without_account:
        lines.append(f"without an account with us: {len(taken.without_account)}")
    return "\n".join(lines or ["nothing to collect"])
