"""`dunnock importer`: imports bank files from the watched folder and those that came over HTTP.

It also publishes what was booked and not published (the outbox), and looks again at returns that
were reported before their invoice was known. Several may run: locks in the database sort them out.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from connectors.bank.by_hand import look_again
from connectors.log_client import LogClient, LogUnavailable
from connectors.postgres.bank_files import Arrival, BankFiles
from connectors.postgres.pool import LOST, Pool, connected
from connectors.postgres.pulse import Pulse
from dunnock.importing import Importer, limits_of
from dunnock.importing_folder import Folder
from dunnock.importing_outbox import OutboxPublisher
from runtime import logs
from runtime.clock import utc_now
from runtime.health import health_server
from runtime.settings import Settings

log = logs.logger(__name__)
_LOOK_EVERY_S = 1.0
_LOOK_AGAIN_EVERY_S = 20.0
#: Longer than the largest file takes.
_PROGRESS_S_MAX = 600.0


class Watch:
    """One round after the other; `run()` until cancelled."""

    def __init__(self, pool: Pool, outbox: OutboxPublisher, settings: Settings) -> None:
        self._pool = pool
        self._outbox = outbox
        self._files = BankFiles(pool)
        self._importer = Importer(pool, outbox, limits_of(settings))
        self._folder = Folder(settings.bank_folder) if settings.bank_folder else None
        self._looked_again_at = float("-inf")
        self._moved_at = time.monotonic()

    @property
    def is_live(self) -> bool:
        """Whether a round or a step of it ended lately."""
        return time.monotonic() - self._moved_at < _PROGRESS_S_MAX

    async def run(self) -> None:
        """Import whatever comes. What is away is tried again in the next round."""
        while True:
            try:
                await self.round()
            except (*LOST, TimeoutError, LogUnavailable) as error:
                log.warning("importing pauses", why=type(error).__name__)
            self._moved_at = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def round(self) -> None:
        """What can be done now."""
        await self._outbox.publish()
        for arrival in await self._files.waiting():
            await self._import_taken_in(arrival)
        if self._folder is not None:
            for path in await asyncio.to_thread(self._folder.ready):
                await self._import_from_folder(self._folder, path)
        if time.monotonic() - self._looked_again_at > _LOOK_AGAIN_EVERY_S:
            self._looked_again_at = time.monotonic()
            if await look_again(self._pool, utc_now()):
                await self._outbox.publish()

    async def _import_taken_in(self, arrival: Arrival) -> None:
        async with self._files.working_on(arrival.file_id) as mine:
            found = await self._files.get(arrival.file_id)
            if not mine or found is None or found["finished_at"] is not None:
                return
            with tempfile.NamedTemporaryFile(prefix="dunnock-bank-") as copy:
                async for piece in self._files.content(arrival.file_id):
                    copy.write(piece)
                copy.flush()
                await self._importer.work_on(arrival.file_id, Path(copy.name), self._told)

    async def _import_from_folder(self, folder: Folder, path: Path) -> None:
        # A name that is not UTF-8 can neither be kept nor logged as it is.
        name = path.name.encode(errors="replace").decode()
        try:
            done = await self._importer.import_file(path, name, "folder", self._told)
        except (FileNotFoundError, PermissionError) as error:
            log.warning("a bank file can't be read", why=error.strerror, file=name)
            folder.leave(path)
            return
        await asyncio.to_thread(folder.put_away, path, done)

    def _told(self, step: str, count: int) -> None:
        """A large file is no standstill."""
        self._moved_at = time.monotonic()


@contextlib.asynccontextmanager
async def log_client(settings: Settings) -> AsyncIterator[LogClient]:
    """A client of the installation's log inside the block."""
    client = LogClient(settings.kafka, settings.topic_prefix)
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def run(settings: Settings) -> None:
    """Import until cancelled."""
    async with (
        connected(settings.database_url, name=settings.process_name, size_max=4) as pool,
        log_client(settings) as client,
    ):
        pulse = Pulse(pool)
        watch = Watch(pool, OutboxPublisher(pool, client), settings)
        async with (
            health_server(
                settings.listen_host,
                settings.listen_port,
                lambda: {"importing": watch.is_live, "database": pulse.beats},
            ),
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(pulse.run())
            tasks.create_task(watch.run())
