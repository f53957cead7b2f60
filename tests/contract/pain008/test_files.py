"""From the rules' events to files: each collection once, also when a run is repeated."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from api.machine.asyncapi import asyncapi
from connectors.kafka_io import Outgoing
from connectors.pain008.creditor import Creditor
from connectors.postgres.debit_files import DebitFiles, Taken
from connectors.postgres.pool import Pool
from connectors.postgres.projection import Projection
from domain.effects import Publish
from dunnock import exporting
from runtime.settings import Settings
from streams.codec import encode
from streams.core.records import Record
from streams.topics import TopicNames
from tables.projection import Rules
from tests.unit.collections.story import Story
from tests.unit.debits.debtors import act, owing, signed, story

CREDITOR = Creditor("Dunnock B.V.", "NL91ABNA0417164300", "ABNANL2A", "NL79ZZZ999999990000")
CUT_OFF = dt.datetime(2026, 6, 24, 8, tzinfo=dt.UTC)
EVE = dt.date(2026, 6, 24)
RULES = Rules("dunnock", TopicNames(""))


def records(told: Story) -> list[Record]:
    """What the story put on the topic, as the projector reads it."""
    found = [
        one for one in told.effects if isinstance(one, Publish) and one.topic == "direct-debits"
    ]
    outputs = [encode(one, told.now) for one in found]
    return [
        Record(one.topic, 0, number, one.key, one.value, headers=one.headers)
        for number, one in enumerate(outputs)
    ]


async def project(pool: Pool, told: Story) -> None:
    projected = RULES.project(records(told))
    assert projected.unreadable == []
    await Projection(pool).apply(projected.writes, {})


def asked_for() -> Story:
    return owing(story()).until(CUT_OFF - dt.timedelta(hours=1))


def there(database_url: str, clock: str = "real") -> Settings:
    return Settings.model_validate(
        {
            "clock": clock,
            "DATABASE_URL": database_url,
            "creditor_name": CREDITOR.name,
            "creditor_iban": CREDITOR.iban,
            "creditor_bic": CREDITOR.bic,
            "creditor_id": CREDITOR.creditor_id,
        }
    )


async def project_until(pool: Pool, at: dt.datetime) -> None:
    await pool.execute("DELETE FROM projection_offsets")
    await pool.execute("INSERT INTO projection_offsets VALUES ('direct-debits', 0, 1, $1)", at)


def names_in(directory: Path) -> list[str]:
    return [place.name for place in directory.iterdir()]


async def take(pool: Pool, **fields: Any) -> Taken:
    known = {"final_by": CUT_OFF, "now": CUT_OFF, "today": EVE, "on": None}
    return await DebitFiles(pool).take(CREDITOR, **(known | fields))


def test_every_event_is_described() -> None:
    """What is not in the AsyncAPI document is not published."""
    told = asked_for()
    act(told, "mandate.revoked.v1", mandate_id="M-1")
    document = asyncapi("127.0.0.1:9092", "")
    kinds = set()
    for record in records(told):
        kind = dict(record.headers)["ce_type"].decode()
        payload = document["components"]["messages"][kind]["payload"]
        schema = {**payload, "components": document["components"]}
        jsonschema.validate(orjson.loads(record.value or b""), schema)
        kinds.add(kind)
    assert kinds == set(document["channels"]["direct-debits"]["messages"])


async def test_a_collection_is_in_one_file_that_a_repeat_gives_again(pool: Pool) -> None:
    await project(pool, asked_for())
    first, again = await take(pool), await take(pool)
    [file], [same] = first.files, again.files
    assert (file.count, file.minor, file.collect_on) == (1, 4999, dt.date(2026, 6, 25))
    assert (same.name, same.content) == (file.name, file.content)
    assert (file.is_new, same.is_new) == (True, False)
    assert await pool.fetchval("SELECT count(*) FROM debit_file_items") == 1


async def test_a_late_comer_gets_a_file_of_its_own(pool: Pool) -> None:
    await project(pool, asked_for())
    [file] = (await take(pool)).files
    await pool.execute(
        """INSERT INTO direct_debits SELECT (r).* FROM (
             SELECT jsonb_populate_record(d, '{"collection_id": "DD-LATE"}') AS r
             FROM direct_debits AS d) AS more"""
    )
    again = await take(pool)
    assert {one.name: one.content for one in again.files}[file.name] == file.content
    assert len(again.files) == 2


async def test_what_can_still_be_taken_back_is_in_no_file(pool: Pool) -> None:
    await project(pool, asked_for())
    early = await take(pool, final_by=CUT_OFF - dt.timedelta(seconds=1))
    assert early == Taken((), (), ())


async def test_what_was_taken_back_is_in_no_file(pool: Pool) -> None:
    told = asked_for().payment(received_at="2026-06-24T06:30:00Z")
    await project(pool, told)
    assert (await take(pool)).files == ()


async def test_a_day_that_has_come_is_too_late(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bank collects yesterday: it is told once, as a fault of ours, and its row lets go."""
    told = asked_for()
    await project(pool, told)
    taken = await take(pool, today=dt.date(2026, 6, 25))
    assert taken.files == ()
    published: list[Outgoing] = []

    class Publisher:
        async def publish(self, records: list[Outgoing]) -> None:
            published.extend(records)

    @asynccontextmanager
    async def publisher(_: str) -> AsyncIterator[Publisher]:
        yield Publisher()

    monkeypatch.setattr(exporting.kafka_io, "publisher", publisher)
    for _ in range(2):
        await exporting.tell_not_made(Settings(), taken.too_late)
    assert published[0] == published[1]
    await DebitFiles(pool).told([one.collection_id for one in taken.too_late], CUT_OFF)
    assert (await take(pool, today=dt.date(2026, 6, 25))).too_late == ()
    told.tell("direct-debit.failed.v1", orjson.loads(published[0].value or b""))
    assert told.refused == []
    assert told.view["collections"][0]["state"] == "failed"
    assert told.view["retries"][0]["because"] == "our_fault"


async def test_a_mandate_without_account_is_for_who_reads_the_topic(pool: Pool) -> None:
    told = signed(story(needs_account=False).customer(), iban=None)
    told.invoice(mandate_id="M-1").failed()
    await project(pool, told.until(CUT_OFF - dt.timedelta(hours=1)))
    taken = await take(pool)
    assert (taken.files, len(taken.without_account)) == ((), 1)
    after = await take(pool, today=dt.date(2026, 6, 30))
    assert (after.files, after.too_late) == ((), ()), "told as not made, though others made it"
    assert after.without_account == taken.without_account


async def test_the_index_knows_whose_end_to_end_id_it_is(pool: Pool) -> None:
    """Bank files come back with it: customer, invoice and attempt are found by it."""
    await project(pool, asked_for())
    row = await pool.fetchrow("SELECT * FROM collections_index")
    assert row is not None
    assert (row["customer_id"], row["invoice_id"], row["attempt"]) == ("c1", "i1", 2)
    assert (row["minor"], row["currency"], row["mandate_id"]) == (4999, "EUR", "M-1")


async def test_the_command_writes_each_file_whole_and_once(
    pool: Pool, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project(pool, asked_for())

    now = CUT_OFF + dt.timedelta(minutes=16)
    monkeypatch.setattr(exporting, "utc_now", lambda: now)
    await project_until(pool, now)
    for _ in range(2):
        taken = await exporting.export(there(migrated_url), tmp_path, None)
        assert names_in(tmp_path) == [one.name for one in taken.files]
        written = tmp_path / taken.files[0].name
        assert written.read_bytes() == taken.files[0].content
    written.write_bytes(b"changed by hand")
    with pytest.raises(exporting.Problem, match="holds something else"):
        await exporting.export(there(migrated_url), tmp_path, None)
    assert written.read_bytes() == b"changed by hand"


async def test_a_simulated_clock_says_what_is_final_and_what_too_late(
    pool: Pool, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real time is months later: nothing may be given up because of it."""
    await project(pool, asked_for())
    real = CUT_OFF + dt.timedelta(days=200)
    monkeypatch.setattr(exporting, "utc_now", lambda: real)
    await project_until(pool, real)
    await pool.execute("INSERT INTO simulated_clock (now) VALUES ($1)", CUT_OFF)
    try:
        simulated = there(migrated_url, "simulated")
        early = await exporting.export(simulated, tmp_path, None)
        await pool.execute("UPDATE simulated_clock SET now = now + interval '15 minutes'")
        final = await exporting.export(simulated, tmp_path, None)
    finally:
        await pool.execute("DELETE FROM simulated_clock")
    assert early == Taken((), (), ())
    assert len(final.files) == 1


async def test_a_row_that_is_left_of_a_simulation_says_nothing_on_real_time(
    pool: Pool, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project(pool, asked_for())
    now = CUT_OFF + dt.timedelta(minutes=16)
    monkeypatch.setattr(exporting, "utc_now", lambda: now)
    await project_until(pool, now)
    left = now - dt.timedelta(days=20)
    await pool.execute("INSERT INTO simulated_clock (now) VALUES ($1)", left)
    try:
        taken = await exporting.export(there(migrated_url), tmp_path, None)
    finally:
        await pool.execute("DELETE FROM simulated_clock")
    assert len(taken.files) == 1


async def test_nothing_is_taken_before_the_projector_has_read_it_all(
    pool: Pool, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation that lies unread would be collected all the same."""
    await project(pool, asked_for())
    now = CUT_OFF + dt.timedelta(minutes=16)
    monkeypatch.setattr(exporting, "utc_now", lambda: now)
    monkeypatch.setattr(exporting, "_CATCH_UP_S", 0.3)
    await project_until(pool, now - dt.timedelta(seconds=1))
    with pytest.raises(exporting.Problem, match="projector"):
        await exporting.export(there(migrated_url), tmp_path, None)
    assert names_in(tmp_path) == []
    assert await pool.fetchval("SELECT count(*) FROM debit_files") == 0


def test_what_cannot_be_done_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "installation", lambda _: Settings())
    for fields, words in (
        ({"dir": str(tmp_path / "none")}, "no directory"),
        ({"date": "25-6-2026"}, "no date"),
        ({}, "DUNNOCK_CREDITOR_ID"),
    ):
        known = {"dir": str(tmp_path), "date": None, "stack": None}
        with pytest.raises(exporting.Problem, match=words):
            exporting.export_debits(argparse.Namespace(**(known | fields)))
