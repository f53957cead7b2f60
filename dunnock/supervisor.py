"""Keeps the parts of a stack running: starts them in order, restarts what dies, stops all."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from dunnock.embedded.problems import Problem
from dunnock.embedded.process import Program, ended_early, found_disk_full, spawn
from dunnock.stack import Part

#: A death is noticed within this time.
_POLL_S = 0.05
_STOP_BOUND_S = 15.0
_FIRST_STARTS_MAX = 3
_DEATHS_WINDOW_S = 60.0
_DEATHS_AT_ONCE = 3
_BACKOFF_S_MAX = 30.0
_NOT_STARTED = 127


class Supervisor:
    """One stack. `start` returns when every part was ready once; then they are kept alive.

    `say` gets a line for people; `changed` is called whenever a process id has changed.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        logs: Path,
        say: Callable[[str], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._keepers = {part.name: _Keeper(part, logs, say, changed) for part in parts}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> dict[str, int]:
        """The process of each part that runs now."""
        running = {name: keeper.pid for name, keeper in self._keepers.items()}
        return {name: pid for name, pid in running.items() if pid}

    @property
    def waiting(self) -> list[str]:
        """The parts that have not been ready yet."""
        return [name for name, keeper in self._keepers.items() if not keeper.ready.is_set()]

    async def start(self) -> None:
        """Start every part when those before it are ready. Raises `Problem` when one can't be."""
        readies = {name: keeper.ready for name, keeper in self._keepers.items()}
        for keeper in self._keepers.values():
            before = [readies[name] for name in keeper.part.after]
            self._tasks.append(asyncio.create_task(keeper.keep(before)))
        ready = asyncio.create_task(_all(list(readies.values())))
        failed = asyncio.create_task(self.failed())
        try:
            await asyncio.wait({ready, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                await failed
        finally:
            ready.cancel()
            failed.cancel()

    async def failed(self) -> None:
        """Raise what keeping a part alive has failed with; does not return before that."""
        left = set(self._tasks)
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task  # a one-shot part ends without an error
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Stop all, those that depend on others first; returns when no process is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = dict(self._keepers)
        while left:
            needed = {name for keeper in left.values() for name in keeper.part.after}
            last = [left.pop(name) for name in list(left) if name not in needed]
            await asyncio.gather(*(keeper.end() for keeper in last))


class _Keeper:
    """The life of one part."""

    def __init__(
        self, part: Part, logs: Path, say: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self.part = part
        self.ready = asyncio.Event()
        self._log = logs / f"{part.name}.log"
        self._say = say
        self._changed = changed
        self._process: subprocess.Popen[bytes] | None = None
        self._program: Program | None = None
        self._deaths: deque[float] = deque(maxlen=32)

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and alive else 0

    async def keep(self, before: Sequence[asyncio.Event]) -> None:
        await _all(before)
        while True:
            code = await self._one_life()
            if self.part.one_shot and code == 0:
                self.ready.set()
                return
            await self._mourn(code)

    async def _one_life(self) -> int:
        try:
            self._program = await asyncio.to_thread(self.part.make)
            self._process = spawn(self._program, self._log)
        except (Problem, OSError) as why:
            if not self.ready.is_set():
                raise
            self._say(f"{self.part.name} can't be started: {why}")
            return _NOT_STARTED
        if self._deaths:
            self._say(f"{self.part.name} is started again as process {self._process.pid}.")
            self._changed()
        return await self._until_gone()

    async def _until_gone(self) -> int:
        probing = asyncio.create_task(self._probe_until_ready())
        try:
            return await _gone(self._alive())
        finally:
            probing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await probing

    async def _probe_until_ready(self) -> None:
        assert self._program is not None  # noqa: S101  `keep` has set it
        loop = asyncio.get_running_loop()
        late = loop.time() + self.part.ready_bound_s
        while not self.part.one_shot:
            try:
                await asyncio.to_thread(self._program.probe)
            except Exception as why:  # noqa: BLE001  a probe fails in as many ways as clients do
                reason = f"{type(why).__name__}: {why}"
            else:
                self.ready.set()
                return
            if loop.time() > late:
                late = float("inf")
                self._say(f"{self.part.name} is still not ready ({reason}): see {self._log}.")
            await asyncio.sleep(2 * _POLL_S)

    async def _mourn(self, code: int) -> None:
        """Note a death and wait as long as its frequency asks for."""
        now = asyncio.get_running_loop().time()
        self._deaths.append(now)
        recent = sum(1 for at in self._deaths if now - at < _DEATHS_WINDOW_S)
        if not self.ready.is_set() and recent >= _FIRST_STARTS_MAX:
            raise Problem(ended_early(self.part.name, code, self._log))
        extra = recent - _DEATHS_AT_ONCE
        wait_s = 0.0 if extra < 0 else min(_BACKOFF_S_MAX, 2.0**extra)
        after = f"; next start in {wait_s:.0f} s" if wait_s else ""
        full = "; the disk is full: free some space" if found_disk_full(self._log) else ""
        self._say(f"{self.part.name} ended ({_why(code)}){full}{after}: see {self._log}.")
        await asyncio.sleep(wait_s)

    def _alive(self) -> subprocess.Popen[bytes]:
        assert self._process is not None  # noqa: S101  asked only after a start
        return self._process

    async def end(self) -> None:
        """Ask it to stop, after the bound force it."""
        if self._process is None or self._program is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self._program.stop_signal)
        try:
            async with asyncio.timeout(_STOP_BOUND_S):
                await _gone(self._process)
        except TimeoutError:
            self._say(f"{self.part.name} did not stop within {_STOP_BOUND_S:.0f} s and is killed.")
            self._process.kill()
            await _gone(self._process)


async def _all(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


async def _gone(process: subprocess.Popen[bytes]) -> int:
    while (code := process.poll()) is None:  # noqa: ASYNC110  the kernel sets no asyncio.Event
        await asyncio.sleep(_POLL_S)
    return code


def _why(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"
