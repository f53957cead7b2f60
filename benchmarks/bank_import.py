"""How long a large bank file takes, and how much memory: `python -m benchmarks.bank_import`.

100,000 returned debits in one camt.054 are imported with `dunnock import bank FILE` into a real
PostgreSQL and a real Kafka on this machine; then the same ones come again in a camt.053, and the
first file once more. Every event on the topic is counted. Aims: 60 s and 500 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from confluent_kafka import Consumer, TopicPartition

from connectors.postgres.migrate import migrate
from dunnock.embedded import kafka as embedded_kafka
from dunnock.embedded import postgres as embedded_postgres
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import running
from streams.topic_setup import ensure_topics
from streams.topics import FAILED_DIRECT_DEBITS, TopicSpec
from tests.contract.bank.build import Back, Entry, Report

AIM_S, AIM_MIB = 60.0, 500.0
PARTITIONS = 4
BATCH = 500


@contextmanager
def servers(place: Path) -> Iterator[tuple[str, str]]:
    """A broker and a database; gives their addresses."""
    place.chmod(0o711)
    kafka = embedded_kafka.prepare(
        place / "kafka", port=free_port(), controller_port=free_port(), short_lived=True
    )
    database = embedded_postgres.prepare(
        place / "postgres", port=free_port(), password=uuid.uuid4().hex, keep=False
    )
    with running(kafka, place / "kafka.log"), running(database, place / "postgres.log"):
        yield kafka.address, database.address


async def know_collections(database: str, count: int) -> None:
    """What the product has collected: one debit for each return, and as many that went well."""
    connection = await asyncpg.connect(database)
    rows = [
        (f"col-{n}", f"c-{n % (count // 2)}", f"inv-{n}", 1, 1000 + n % 9000, "EUR", f"m-{n}")
        for n in range(2 * count)
    ]
    await connection.copy_records_to_table(
        "collections_index",
        records=rows,
        columns=["end_to_end_id", "customer_id", "invoice_id", "attempt", "minor", "currency",
                 "mandate_id"],
    )  # fmt: skip
    await connection.close()


def write_file(path: Path, count: int, message: str) -> None:
    """One file with entries of 500 returns each, as banks book them."""
    entries = []
    for first in range(0, count, BATCH):
        items = [
            Back(f"col-{n}", f"{(1000 + n % 9000) / 100:.2f}", f"m-{n}", reference=f"R{message}{n}")
            for n in range(first, min(count, first + BATCH))
        ]
        entries.append(Entry(items, batch=True))
    path.write_bytes(Report(entries, message).xml())


@dataclass(frozen=True)
class Measured:
    """The report, seconds by the clock and of the processor, and MiB at the process's peak."""

    file: dict[str, Any]
    seconds: float
    cpu_s: float
    mib: float


def import_file(path: Path, environment: dict[str, str]) -> Measured:
    """In a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    command = [sys.executable, "-m", "dunnock", "import", "bank", str(path), "--json"]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=1200
    )
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # The largest child so far: each import is larger than the servers' launchers before it.
    return Measured(json.loads(done.stdout), seconds, cpu_s, after.ru_maxrss / 1024)


def events_on(kafka: str) -> int:
    """How many events the topic holds."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "count"})
    total = 0
    for number in range(PARTITIONS):
        place = TopicPartition(FAILED_DIRECT_DEBITS, number)
        low, high = consumer.get_watermark_offsets(place, timeout=10)
        total += high - low
    consumer.close()
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    import asyncio

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--returns", type=int, default=100_000)
    count = parser.parse_args(arguments).returns
    with tempfile.TemporaryDirectory(prefix="dunnock-bench-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        with servers(place) as (kafka, database):
            migrate(database)
            ensure_topics(kafka, [TopicSpec(FAILED_DIRECT_DEBITS)], PARTITIONS, 1)
            asyncio.run(know_collections(database, count))
            environment = {**os.environ, "DATABASE_URL": database, "DUNNOCK_KAFKA": kafka}
            good = True
            for what, message in (
                ("camt.054, all new", "camt.054.001.08"),
                ("camt.053, the same ones", "camt.053.001.08"),
                ("the camt.054 again", "camt.054.001.08"),
            ):
                path = place / f"{message}.xml"
                if not path.exists():
                    write_file(path, count, message)
                found = import_file(path, environment)
                counts, seconds = found.file["counts"], found.seconds
                good = good and seconds < AIM_S and found.mib < AIM_MIB
                size = path.stat().st_size / 2**20
                print(
                    f"{what}: {size:.0f} MiB, {seconds:.1f} s, {count / seconds:,.0f} returns/s,"
                    f" {found.cpu_s:.1f} s of processor, peak {found.mib:.0f} MiB;"
                    f" booked {counts['booked']:,}, already known"
                    f" {counts['already_known']:,}, unmatched {counts['unmatched']:,}"
                    f"{' (imported before: nothing is done)' if found.file['again'] else ''}"
                )
            events = events_on(kafka)
            print(f"events on the topic: {events:,} (each return once: {events == count})")
            good = good and events == count
    print(f"aims ({AIM_S:.0f} s, {AIM_MIB:.0f} MiB): {'met' if good else 'NOT met'}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
