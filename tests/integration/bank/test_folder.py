"""The watched folder, and files that came over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import json

from connectors.postgres.bank_files import Arrival, BankFiles
from runtime.clock import utc_now
from tests.contract.bank.build import Back, Entry, Report
from tests.integration.bank.rig import Rig


async def _rounds(rig: Rig, count: int = 2) -> None:
    for _ in range(count):
        await rig.watch.round()


async def test_a_file_that_rests_is_imported_and_moved(rig: Rig) -> None:
    invoice = await rig.invoice("inv")
    await _rounds(rig, 1)
    (rig.folder / "a.xml").write_bytes(Report([Entry([Back(invoice)])]).xml())
    (rig.folder / "bad.xml").write_bytes(b"no xml at all")
    (rig.folder / "still.xml.part").write_bytes(b"<Doc")
    await _rounds(rig, 1)
    assert (rig.folder / "a.xml").exists(), "it may still be growing"
    await _rounds(rig, 1)
    assert sorted(path.name for path in rig.folder.iterdir()) == [
        "done", "rejected", "still.xml.part",
    ]  # fmt: skip
    report = json.loads((rig.folder / "done/a.xml.report.json").read_text())
    assert report["state"] == "booked"
    assert report["report"]["counts"]["booked"] == 1
    refused = json.loads((rig.folder / "rejected/bad.xml.report.json").read_text())
    assert refused["because"] == "not_xml"
    assert len(await rig.events()) == 1


async def test_the_same_name_again_overwrites_nothing(rig: Rig) -> None:
    await _rounds(rig, 1)
    for number in range(2):
        content = Report([Entry([Back(f"{rig.own}{number}")])]).xml()
        (rig.folder / "a.xml").write_bytes(content)
        await _rounds(rig)
    files = [path for path in (rig.folder / "done").iterdir() if path.suffix == ".xml"]
    assert len({path.read_bytes() for path in files}) == 2


async def test_what_was_taken_in_over_http_is_imported(rig: Rig) -> None:
    """In pieces, out of the database, once."""
    invoice = await rig.invoice("inv")
    content = Report([Entry([Back(invoice)])]).xml()
    files = BankFiles(rig.pool)
    file_id = hashlib.sha256(content).hexdigest()
    arrival = Arrival(file_id, "posted.xml", "api", len(content))
    pieces = [content[start : start + 100] for start in range(0, len(content), 100)]
    assert await files.take_in(arrival, pieces, utc_now()) == "received"
    await asyncio.gather(rig.watch.round(), rig.watch.round())
    found = await files.get(file_id)
    assert found is not None
    assert found["state"] == "booked"
    assert found["counts"]["booked"] == 1
    parts = await rig.pool.fetchval(
        "SELECT count(*) FROM bank_file_parts WHERE file_id = $1", file_id
    )
    assert parts == 0
    assert await files.take_in(arrival, pieces, utc_now()) == "booked"
    assert len(await rig.events()) == 1
