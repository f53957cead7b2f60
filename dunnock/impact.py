"""A process beside the web process that counts what a draft would mean: seconds of pure rules.

Started when it is first needed and kept. It reads a job a line and answers a line, and ends when
its input does, so that nothing is left behind by a web process that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from api.problems import unavailable
from api.rule_sets.counting import run_job
from domain.impact.count import Counts
from runtime import logs

#: A batch takes well under a second.
_BATCH_S_MAX = 60.0
_GENTLE = 10
_log = logs.logger(__name__)


class ImpactProcess:
    """One batch at a time; several who check share it."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, job: bytes) -> Counts:
        """The counts of a job. Raises Problem 503 when the process dies or hangs."""
        async with self._lock:
            try:
                async with asyncio.timeout(_BATCH_S_MAX):
                    line = await self._asked(job)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                await self.stop()
                _log.warning("counting broke off", error=repr(error))
                raise unavailable("Counting broke off. Check the draft again.") from error
            except BaseException:
                await self.stop()  # an answer that nobody waits for must not answer the next job
                raise
        return Counts.model_validate_json(line)

    async def _asked(self, job: bytes) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "dunnock.impact",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        if process.stdin is None or process.stdout is None:
            raise OSError("no pipes to the counting process")
        process.stdin.write(job + b"\n")
        await process.stdin.drain()
        return await process.stdout.readuntil(b"\n")

    async def stop(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def counting_beside() -> AsyncIterator[ImpactProcess]:
    """The counting process, ended with the block."""
    beside = ImpactProcess()
    try:
        yield beside
    finally:
        await beside.stop()


def main() -> None:
    """What the process does: a job a line in, its counts a line out."""
    os.nice(_GENTLE)
    for line in sys.stdin.buffer:
        sys.stdout.write(run_job(line).model_dump_json() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
