"""The embedded stack with a hand on each part: hold it down, let workers join, change its world.

The parts, their order and their supervisor are the product's own (`dunnock.stack`,
`dunnock.supervisor`), the same that `dunnock up` runs; only what `Part.make` gives is changed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dunnock.embedded.process import Program
from dunnock.installation import Installation
from dunnock.stack import Part, Plan, parts
from dunnock.supervisor import Supervisor
from dunnock.up import described
from tests.faults.stack import NotUp

STARTS_S_MAX = 420.0
RETURNS_S_MAX = 90.0


class Rig:
    """One stack. Use from the loop's main thread: the kernel ties children to it."""

    def __init__(
        self,
        plan: Plan,
        home: Installation,
        say: Callable[[str], None],
        arrange: Callable[[Plan, Sequence[Part]], Sequence[Part]] | None = None,
    ) -> None:
        self.plan = plan
        self.home = home
        #: Added to the environment of every process of the product, from its next start on.
        self.env: dict[str, str] = {}
        #: What is run instead of `python -m dunnock worker` from the next start on, by worker.
        self.modules: dict[str, str] = {}
        #: Everything the supervisors said.
        self.said: list[str] = []
        self._report = say
        self._gates: dict[str, threading.Event] = {}
        found = arrange(plan, parts(plan)) if arrange else parts(plan)
        self._main = Supervisor([self._wrap(part) for part in found], home.logs, self._say)
        self._joined: dict[str, tuple[Supervisor, asyncio.Task[None]]] = {}
        self._failed: asyncio.Task[None] | None = None

    # -- the whole stack -------------------------------------------------------------------

    async def start(self) -> None:
        """Returns when every part was ready once."""
        async with asyncio.timeout(STARTS_S_MAX):
            await self._main.start()
        self._failed = asyncio.create_task(self._main.failed())

    async def stop(self) -> None:
        for gate in self._gates.values():
            gate.set()
        if self._failed:
            self._failed.cancel()
        for name in list(self._joined):
            await self.leave(name)
        await self._main.stop()

    def info(self) -> dict[str, Any]:
        """What `dunnock up --json` would say now."""
        return dict(described(self.plan, self.pids(""), self.home.logs))

    def check(self) -> None:
        """Raises NotUp when the supervisor has given up."""
        if self._failed and self._failed.done():
            raise NotUp(f"the supervisor has ended: {self.said[-5:]}")

    def pids(self, prefix: str) -> dict[str, int]:
        """Names and pids of the running processes whose name begins with `prefix`."""
        pids = dict(self._main.pids)
        for supervisor, _ in self._joined.values():
            pids |= supervisor.pids
        return {name: pid for name, pid in sorted(pids.items()) if name.startswith(prefix)}

    def url(self, name: str) -> str:
        """Where a process of the product has its own web."""
        return self.plan.ports.url(name)

    # -- one part --------------------------------------------------------------------------

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a running part. Raises KeyError when it does not run."""
        os.kill(self.pids(name)[name], how)

    def hold(self, name: str) -> None:
        """Once it has ended it is not started again before `release`."""
        self._gates[name].clear()

    def release(self, name: str) -> None:
        self._gates[name].set()

    async def away(self, name: str, seconds: float) -> None:
        """Kill -9, and back after so long."""
        self.hold(name)
        self.kill(name)
        await asyncio.sleep(seconds)
        self.release(name)
        await self.returned(name)

    async def replaced(self, name: str, pid: int) -> None:
        """Wait until another process than `pid` runs: between the two may be no moment to see."""
        await self._until(lambda: self.pids(name).get(name, pid) != pid)

    async def ended(self, name: str) -> None:
        """Wait until it does not run. Only for a part that is held."""
        await self._until(lambda: name not in self.pids(name))

    async def returned(self, name: str) -> None:
        """Wait until it runs (it may not be ready yet)."""
        await self._until(lambda: name in self.pids(name))

    # -- workers that come and go ----------------------------------------------------------

    def join(self, name: str) -> None:
        """Start one more worker; does not wait until it is ready."""
        number = int(name.removeprefix("worker-"))
        found = next(p for p in parts(replace(self.plan, workers=number + 1)) if p.name == name)
        alone = replace(found, after=())
        supervisor = Supervisor([self._wrap(alone)], self.home.logs, self._say)
        self._joined[name] = supervisor, asyncio.create_task(supervisor.start())

    async def leave(self, name: str) -> None:
        """SIGTERM to a worker that had joined; returns when it is gone."""
        supervisor, starting = self._joined.pop(name)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await supervisor.stop()

    @staticmethod
    async def _until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(RETURNS_S_MAX):
            while not holds():  # noqa: ASYNC110  the kernel sets no asyncio.Event
                await asyncio.sleep(0.05)

    # -- how it is done --------------------------------------------------------------------

    def _wrap(self, part: Part) -> Part:
        gate = self._gates.setdefault(part.name, threading.Event())
        gate.set()

        def make() -> Program:
            gate.wait()
            program = part.make()
            if "DUNNOCK_PROCESS_NAME" not in program.env:
                return program
            module = self.modules.get(part.name)
            argv = (*program.argv[:2], module) if module else program.argv
            return replace(program, argv=argv, env={**program.env, **self.env})

        return replace(part, make=make)

    def _say(self, text: str) -> None:
        self.said.append(text)
        self._report(f"  [stack] {text}")
