"""What everybody in a world shares: log, clock, chaos, processes, and the story so far."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from functools import partial
from typing import Any

from streams.core.memory import MemoryLog
from streams.core.memory_transaction import Transaction
from streams.core.memory_worker import MemoryGroup
from streams.core.ports import BatchAborted, Fenced
from streams.core.records import Headers
from tests.simulation.world import sites
from tests.simulation.world.chaos import Chaos
from tests.simulation.world.commits import Commits
from tests.simulation.world.loop import SimTask, VirtualLoop
from tests.simulation.world.plan import Plan
from tests.simulation.world.process import Killed, Process, current

Place = tuple[str, int]
#: After this long without a heartbeat the group gives a member's partitions away.
SESSION_S = 10.0


class InjectedError(Exception):
    """A failure of the surroundings that ends the process it befalls."""


class OutcomeUnknown(InjectedError):
    """The log never said whether the transaction was committed."""


#: What may end a process without being a defect.
EXPECTED_ENDS = (Fenced, BatchAborted, InjectedError)


class Scene:
    """One world. Everything that is random in it comes from the plan's seed."""

    def __init__(self, plan: Plan, *, tell: bool = False, survey: bool = False) -> None:
        self.plan = plan
        self.rng = random.Random(f"scene {plan.seed}")
        self.chaos = Chaos(plan.seed, plan.rates, plan.script, plan.aim)
        self.loop = VirtualLoop(lambda process: self.kill(process, "between two steps"))
        self._survey = survey
        self.log = MemoryLog(plan.partitions)
        self.log.on_end = self._on_end
        self.workers = MemoryGroup()
        self.clock = plan.begins
        self.lives: Counter[str] = Counter()
        self.graveyard: list[Process] = []
        self.on_end: dict[str, Callable[[Process], None]] = {}
        self.on_resume: dict[str, Callable[[Process], None]] = {}
        self.defects: list[str] = []
        self.story: list[str] | None = [] if tell else None
        self.commits = Commits(self.log)
        self._trace = hashlib.sha256()
        self._waiting: dict[asyncio.Future[Any], Mapping[Place, int]] = {}

    # -- what happened ---------------------------------------------------------------------

    def tell(self, what: str) -> None:
        """Note what happened, for the story and for the digest of the run."""
        line = f"{self.loop.time():10.4f} {self.clock:%m-%d %H:%M} {what}"
        self._trace.update(line.encode() + b"\n")
        if self.story is not None:
            self.story.append(line)

    def trace(self, data: bytes) -> None:
        """Add bytes to the digest of the run."""
        self._trace.update(data)

    def digest(self) -> str:
        return self._trace.hexdigest()

    # -- injection -------------------------------------------------------------------------

    async def gate(self, point: str) -> str | None:
        """Pass an injection point; time goes by. Gives what else goes wrong, if anything."""
        kind = self.chaos.at(point)
        if kind is None:
            await self.loop.nap(self.rng.random() * 0.002)
            return None
        process = current()
        assert process is not None, point
        self.tell(f"{process.name}: {kind} at {point}")
        if kind == "kill":
            self.kill(process, point)
            raise Killed
        if kind == "pause":
            self.pause(process)
            await asyncio.sleep(0)
            return None
        if kind == "slow":
            await asyncio.sleep(self.rng.choice((0.03, 0.4, 3.0)))
            return None
        return kind

    def gate_now(self, point: str) -> None:
        """The same in the middle of what is synchronous: only a kill fits in."""
        if self.chaos.at(point) is not None:
            process = current()
            assert process is not None, point
            self.tell(f"{process.name}: kill at {point}")
            self.kill(process, point)
            raise Killed

    # -- processes -------------------------------------------------------------------------

    def start(self, name: str, point: str, *, mean_steps: float) -> Process:
        """A new life of a process. `point`: that of being killed between two steps."""
        self.lives[name] += 1
        life = self.chaos.life(point, mean_steps, sites.names(point.removeprefix("step.")))
        self.tell(f"{name}: life {self.lives[name]}")
        process = Process(self.loop, name, life if isinstance(life, int) else None)
        if self._survey or isinstance(life, str):
            process.after_step = partial(self._look, life)
        return process

    def _look(self, site: object, process: Process, task: SimTask) -> None:
        """Where does it stand now? If it is where it was to die, it does."""
        if self._survey:
            self.chaos.tally.sites.setdefault("seen", set()).update(sites.where(task))
        if isinstance(site, str) and site in sites.where(task):
            self.kill(process, "between two steps")

    def kill(self, process: Process, where: str) -> None:
        """Kill -9."""
        if not process.alive:
            return
        if where == "between two steps":
            self.tell(f"{process.name}: killed {where}")
            self.chaos.tally.struck["step." + process.name.split("-")[0], "kill"] += 1
        sites.note_killed(self.chaos.tally, process)
        process.kill()
        self.graveyard.append(process)
        self.on_end[process.name](process)

    def crash(self, process: Process, error: BaseException) -> None:
        """It ends by itself, at once. Only some reasons are no defects."""
        if not process.alive:
            return
        self.tell(f"{process.name}: ends, {type(error).__name__}: {error}")
        if not isinstance(error, EXPECTED_ENDS):
            self.defects.append(f"{process.name} ended with {error!r}")
        process.kill()
        self.graveyard.append(process)
        self.on_end[process.name](process)

    def pause(self, process: Process) -> None:
        """SIGSTOP for a while, sometimes longer than its session."""
        process.paused = True
        paused_s = self.rng.choice((0.5, 4.0, SESSION_S + 1, SESSION_S + 15))

        def resume() -> None:
            if process.alive:
                self.tell(f"{process.name}: goes on after {paused_s} s")
                process.resume()
                self.on_resume[process.name](process)

        self.later(paused_s, resume)

    def later(self, delay_s: float, call: Callable[..., object], *arguments: Any) -> None:
        """Something that the world does, whoever asked for it."""
        self.loop.call_later(delay_s, call, *arguments, context=Context())

    # -- the log ---------------------------------------------------------------------------

    def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> Any:
        """Append a record, now."""
        stamp = round(self.clock.timestamp() * 1000)
        record = self.log.publish(
            topic, key, value, headers, partition=partition, timestamp_ms=stamp
        )
        self.notify(((topic, record.partition),))
        return record

    def notify(self, places: Iterable[Place]) -> None:
        """Something new may be read there: wake those who wait for it."""
        for place in places:
            end = self.log.stable_end(*place)
            for waiting, read in tuple(self._waiting.items()):
                if waiting.done():
                    del self._waiting[waiting]  # its time was over
                elif read.get(place, end) < end:
                    self.wake(waiting)

    def wake(self, waiting: asyncio.Future[Any] | None) -> None:
        """Whoever waits for news needn't any more."""
        if waiting is not None and not waiting.done():
            del self._waiting[waiting]
            waiting.set_result(None)

    def news(self, read: Mapping[Place, int], timeout_s: float) -> asyncio.Future[None]:
        """Done when more can be read than what was read, or the time is over."""
        waiting = self.loop.nap(timeout_s)
        self._waiting[waiting] = read
        return waiting

    def _on_end(self, transaction: Transaction) -> None:
        """Readers get past it: to its records, or over the hole that it leaves."""
        if transaction.state == "committed":
            self.commits.note(transaction)
        self.notify(transaction.places)
