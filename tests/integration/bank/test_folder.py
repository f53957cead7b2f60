"""The watched folder, and files that came over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.bank import booking
from connectors.postgres.bank_files import Arrival, BankFiles
from dunnock import importing
from dunnock.importing_words import in_words
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


def _crafted() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.xml", "x" * 1000)
    content = packed.getvalue()
    return content[:39] + b"\xff" * 20 + content[59:]


async def _taken_in(rig: Rig, content: bytes) -> str:
    file_id = hashlib.sha256(content).hexdigest()
    arrival = Arrival(file_id, "posted.xml", "api", len(content))
    await BankFiles(rig.pool).take_in(arrival, [content], utc_now())
    return file_id


async def _ended(rig: Rig, file_id: str) -> tuple[str, str | None]:
    found = await BankFiles(rig.pool).get(file_id)
    assert found is not None
    return found["state"], found["because"]


async def test_a_crafted_archive_keeps_no_other_file_waiting(rig: Rig) -> None:
    """It is the oldest: what it raised would be raised again after each restart."""
    crafted = await _taken_in(rig, _crafted())
    sound = await _taken_in(rig, Report([Entry([Back(await rig.invoice("inv"))])]).xml())
    await rig.watch.round()
    assert await _ended(rig, crafted) == ("rejected", "broken_archive")
    assert await _ended(rig, sound) == ("booked", None)


async def test_a_fault_of_ours_ends_one_file_and_not_the_importer(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP and in the folder alike; what can't be reached any more is no fault of a file."""
    real, faults = importing.read, [RecursionError("deep"), ConnectionResetError(), KeyError("x")]

    def read(path: Path, *more: Any) -> Any:
        if faults and b"faulty" in path.read_bytes():
            raise faults.pop(0)
        return real(path, *more)

    monkeypatch.setattr(importing, "read", read)
    faulty = [await _taken_in(rig, f"faulty {rig.own} {n}".encode()) for n in range(2)]
    sound = await _taken_in(rig, Report([Entry([Back(await rig.invoice("inv"))])]).xml())
    with pytest.raises(ConnectionResetError):
        await rig.watch.round()
    assert await _ended(rig, faulty[0]) == ("rejected", "internal")
    assert (await _ended(rig, faulty[1]))[0] == "received"
    (rig.folder).mkdir(exist_ok=True)
    (rig.folder / "bad.xml").write_bytes(f"faulty {rig.own} in the folder".encode())
    faults.insert(0, ValueError("of the one that waits"))
    await _rounds(rig)
    assert await _ended(rig, faulty[1]) == ("rejected", "internal")
    assert await _ended(rig, sound) == ("booked", None)
    refused = json.loads((rig.folder / "rejected/bad.xml.report.json").read_text())
    assert (refused["because"], refused["report"]["counts"]["booked"]) == ("internal", 0)


async def test_what_was_booked_before_a_fault_of_ours_is_told(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the file, handed in again, is finished."""
    invoices = [await rig.invoice(f"inv-{number}") for number in range(2)]
    content = Report([Entry([Back(one) for one in invoices])]).xml()
    batches: list[int] = []

    async def book(*facts: Any) -> booking.Outcome:
        batches.append(1)
        if len(batches) == 2:
            raise LookupError("half-way")
        return await booking.book(*facts)

    monkeypatch.setattr(importing, "_BATCH", 1)
    monkeypatch.setattr(importing, "book", book)
    stopped = (await rig.take(content)).file
    assert (stopped["state"], stopped["because"]) == ("rejected", "internal")
    assert stopped["counts"]["booked"] == 1
    assert "STOPPED" in in_words(stopped, again=False)
    assert (await rig.take(content)).file["state"] == "booked"
    assert len(await rig.events()) == 2


async def test_a_name_that_is_no_text_is_a_name(rig: Rig) -> None:
    """Of a file that a bank's software put there in an encoding of its own."""
    await _rounds(rig, 1)
    content = Report([Entry([Back(await rig.invoice("inv"))])]).xml()
    (rig.folder / "r\udcfcck.xml").write_bytes(content)
    await _rounds(rig)
    assert await _ended(rig, hashlib.sha256(content).hexdigest()) == ("booked", None)
    assert (rig.folder / "done/r\udcfcck.xml").exists()
