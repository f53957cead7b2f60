"""`dunnock import bank FILE|-`: import a file now, or hand it to a running installation, and tell.

Ends with 0 when the file was imported, also when rows of it need a person; with 1 when it was
refused whole or could not be imported.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from connectors.log_client import LogUnavailable
from connectors.postgres.pool import LOST, connected
from dunnock.addresses import FIXED
from dunnock.embedded import postgres
from dunnock.embedded.problems import Problem
from dunnock.importer import log_client
from dunnock.importing import Importer, limits_of
from dunnock.importing_outbox import OutboxPublisher
from dunnock.importing_words import in_words
from dunnock.installation import HOME, kept_clock
from runtime import logs
from runtime.settings import Settings, settings

_PROGRESS_EVERY_S = 1.0
_POLL_S = 0.5
_ANSWER_S_MAX = 600.0
_STATUS_S_MAX = 30.0


def import_bank(chosen: argparse.Namespace) -> int:
    """Import `chosen.file`; gives the exit code. Raises Problem."""
    logs.configure("WARNING", "import")
    with _content(chosen.file) as path:
        name = "standard input" if chosen.file == "-" else Path(chosen.file).name
        if chosen.url:
            file = asyncio.run(_post(chosen.url, chosen.api_key, path, name))
            again = file.get("again", False)
        else:
            file, again = asyncio.run(_here(path, name, installation(chosen.stack)))
    if chosen.json:
        print(json.dumps(file | {"again": again}, default=str, indent=2))
    else:
        print(in_words(file, again=again))
    return 1 if file["state"] == "rejected" else 0


@contextmanager
def _content(name: str) -> Iterator[Path]:
    """The file, or a copy of the standard input. Raises Problem for what can't be read."""
    if name != "-":
        path = Path(name)
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise Problem(f"{name} cannot be read: {error.strerror}.") from error
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="dunnock-bank-") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def installation(stack: str | None) -> Settings:
    """That of the environment, of the JSON of `dunnock up`, or of the stack in this directory."""
    if stack:
        try:
            said = json.loads(Path(stack).read_text())
            found = {"database_url": said["postgres"], "kafka": said["kafka"]}
            found |= _clock(said.get("clock"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise Problem(f"{stack} does not say where a stack is ({why}).") from error
        return settings().model_copy(update=found)
    kept = HOME / "data" / "secrets.json"
    if "DATABASE_URL" not in os.environ and kept.exists():
        password = json.loads(kept.read_text())["postgres_password"]
        url = postgres.dsn(FIXED["postgres"], password)
        found = {"database_url": url} | _clock(kept_clock(HOME / "data"))
        return settings().model_copy(update=found)
    return settings()


def _clock(said: object) -> dict[str, str]:
    """What the stack runs by; one of an earlier version does not say, then the settings do."""
    return {"clock": str(said)} if said in ("real", "simulated") else {}


async def _here(path: Path, name: str, chosen: Settings) -> tuple[dict[str, Any], bool]:
    try:
        async with (
            connected(chosen.database_url, name="import", size_max=4) as pool,
            log_client(chosen) as client,
        ):
            importer = Importer(pool, OutboxPublisher(pool, client), limits_of(chosen))
            done = await importer.import_file(path, name, "command", _progress())
    except LogUnavailable as error:
        raise Problem(
            f"Kafka at {chosen.kafka} does not answer ({error}). What is booked is published when"
            " it is back; run the command again."
        ) from error
    except (*LOST, TimeoutError) as error:
        raise Problem(f"The database does not answer ({type(error).__name__}).") from error
    return done.file, done.again


def _progress() -> Callable[[str, int], None]:
    """A line a second on the error output, for files that take longer."""
    told_at = time.monotonic()
    words = {"read": "read", "booked": "booked or known", "waiting": "another import works on it"}

    def told(step: str, count: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _PROGRESS_EVERY_S:
            told_at = time.monotonic()
            print(f"  {words[step]}: {count:,}", file=sys.stderr, flush=True)

    return told


async def _post(url: str, api_key: str, path: Path, name: str) -> dict[str, Any]:
    """Hand the file over and wait for its report."""
    address = f"{url.rstrip('/')}/api/v1/bank-files"
    headers = {"Authorization": f"Bearer {api_key or settings().api_key}"}
    limit = aiohttp.ClientTimeout(total=_ANSWER_S_MAX)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=limit) as http:
            with path.open("rb") as content:
                query = {"name": name}
                async with http.post(address, data=content, params=query) as answer:
                    file = await _answered(answer)
            told = _progress()
            while file["state"] in ("received", "reading"):
                await asyncio.sleep(_POLL_S)
                async with http.get(f"{address}/{file['file_id']}") as answer:
                    file = {**await _answered(answer), "again": file.get("again", False)}
                told("booked", int((file.get("counts") or {}).get("done", 0)))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Problem(f"{url} does not answer ({type(error).__name__}).") from error
    return file


async def _answered(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    document: Any = None
    if "json" in answer.content_type:
        document = await answer.json(content_type=None)
    if answer.status >= 300 or not isinstance(document, dict):
        detail = document.get("detail") if isinstance(document, dict) else None
        raise Problem(f"The API refused the file: {detail or f'status {answer.status}'}")
    return document
