"""`dunnock importer` as a process of its own, and `dunnock import bank` beside it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.contract.bank.build import Back, Entry, Report
from tests.integration.bank.rig import Rig


def _environment(rig: Rig) -> dict[str, str]:
    chosen = rig.settings
    return {
        **os.environ,
        "DATABASE_URL": chosen.database_url,
        "DUNNOCK_KAFKA": chosen.kafka,
        "DUNNOCK_TOPIC_PREFIX": chosen.topic_prefix,
        "DUNNOCK_BANK_FOLDER": str(rig.folder),
    }


async def _until_there(path: Path) -> None:
    async with asyncio.timeout(120):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - a file sends no events
            await asyncio.sleep(0.2)


async def test_the_process_imports_from_its_folder_and_ends_when_asked(rig: Rig) -> None:
    invoice = await rig.invoice("inv")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dunnock", "importer", env=_environment(rig)
    )
    try:
        await _until_there(rig.folder / "done")
        content = Report([Entry([Back(invoice)])]).xml()
        (rig.folder / "a.xml").write_bytes(content)
        await _until_there(rig.folder / "done" / "a.xml")
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    ((_, _, data),) = await rig.events()
    assert data["invoice_id"] == invoice


async def test_the_command_reads_a_pipe_and_tells(rig: Rig) -> None:
    """Booked, then known; refused with exit code 1; the report as words and as JSON."""
    invoice = await rig.invoice("inv")
    content = Report([Entry([Back(invoice)]), Entry([Back("x", "1,5")], amount="1")]).xml()

    def run(given: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "dunnock", "import", "bank", "-", *words]
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            env=_environment(rig),
            timeout=120,
            check=False,
        )

    first = await asyncio.to_thread(run, content)
    assert first.returncode == 0, first.stderr
    assert b"booked                 1" in first.stdout
    assert b"line 6 (message 1, entry 2, item 1): '1,5' is not an amount." in first.stdout
    again = await asyncio.to_thread(run, content, "--json")
    assert json.loads(again.stdout)["times"] == 2
    refused = await asyncio.to_thread(run, content[:-30])
    assert refused.returncode == 1
    assert b"REFUSED, nothing is booked." in refused.stdout
    assert len(await rig.events()) == 1
