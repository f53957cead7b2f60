"""What the code of a fault has in its hands while the load is running."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.faults.named.rig import Rig
from tests.faults.named.watch import Watch
from tests.faults.publisher import Publisher
from tests.faults.stack import alive

Figure = float | int | str


@dataclass(slots=True)
class Scene:
    """A running stack under load. `failed` gets a sentence for each expectation not met."""

    rig: Rig
    publisher: Publisher
    watch: Watch
    rng: random.Random
    report: Callable[[str], None]
    seconds: float
    times: int
    began: float = field(default_factory=time.monotonic)
    figures: dict[str, Figure] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    #: (moment, partitions) of each kill whose return is to be measured.
    marks: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    #: Figure -> when the period began in which it is the longest gap; the next one ends it.
    periods: dict[str, float] = field(default_factory=dict)
    _said_before: int = field(init=False)

    def __post_init__(self) -> None:
        self._said_before = len(self.rig.said)

    @property
    def said(self) -> list[str]:
        """What the supervisor has said since this fault began."""
        return self.rig.said[self._said_before :]

    async def at(self, second: float) -> None:
        """Wait until so many seconds of the load are over."""
        await asyncio.sleep(max(0.0, self.began + second - time.monotonic()))

    def spread(self, number: int) -> float:
        """The second of the `number`th of `times` acts, evenly over the load."""
        return self.seconds * (number + 0.5) / self.times

    def expect(self, ok: object, sentence: str) -> None:
        """`sentence` says what should be; noted when it isn't so."""
        if not ok:
            self.failed.append(sentence)
            self.report(f"NOT MET: {sentence}")

    async def status(self, worker: str) -> dict[str, Any] | None:
        """What a worker says of itself; None when it does not answer."""
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
                async with http.get(f"{self.rig.url(worker)}/internal/status") as answer:
                    said: dict[str, Any] = await answer.json()
                    return said
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def ready(self, worker: str, seconds_max: float = 90) -> float:
        """Wait until a worker is ready; gives the seconds."""
        began = time.monotonic()

        async def is_ready() -> bool:
            said = await self.status(worker)
            return bool(said and said["ready"])

        if not await self.until(is_ready, seconds_max):
            raise TimeoutError(f"{worker} is not ready after {seconds_max:.0f} s")
        return time.monotonic() - began

    async def partitions(self, worker: str) -> tuple[int, ...]:
        """The partitions a worker has now."""
        said = await self.status(worker)
        return tuple(int(one) for one in said["partitions"]) if said else ()

    async def some_worker(self) -> str:
        """A running worker, one that has partitions if there is one."""
        names = [name for name, pid in self.rig.pids("worker-").items() if alive(pid)]
        self.rng.shuffle(names)
        for name in names:
            if await self.partitions(name):
                return name
        return names[0] if names else "worker-0"

    async def mark(self, worker: str) -> None:
        """Note that the worker's partitions lose it now."""
        partitions = await self.partitions(worker)
        self.marks.append((time.monotonic(), partitions))

    async def are_back(self) -> bool:
        """Whether all partitions of the last mark have moved since, or the load is over."""
        moment, places = self.marks[-1]
        loaded = time.monotonic() < self.began + self.seconds
        return not loaded or len(self.watch.back_after(moment, places)) == len(places)

    def over(self) -> None:
        """The fault ends now: how long until what came meanwhile is handled?"""
        self.watch.await_backlog()

    async def faulty(self, simulator: str, **fault: Any) -> None:
        """Give a simulator a fault; without one its faults end."""
        url = f"{self.rig.info()['simulators'][simulator]}/faults"
        async with aiohttp.ClientSession() as http, http.post(url, json=fault) as answer:
            answer.raise_for_status()

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds_max: float) -> bool:
        """Whether it came to hold in time."""
        limit = time.monotonic() + seconds_max
        while not await holds():
            if time.monotonic() > limit:
                return False
            await asyncio.sleep(0.1)
        return True

    def measure(self) -> None:
        """The figures that every fault has: stalls, returns, memory, descriptors."""
        longest = self.watch.longest()
        self.figures["longest gap of a partition, s"] = round(max(longest.values(), default=0), 1)
        begins = [*self.periods.values(), float("inf")]
        for (name, began), end in zip(self.periods.items(), begins[1:], strict=True):
            inside = self.watch.longest(began, end)
            self.figures[name] = round(max(inside.values(), default=0), 1)
        if self.watch.backlog_s is not None:
            self.figures["backlog handled, s after the end"] = round(self.watch.backlog_s, 1)
        backs = [self.watch.back_after(moment, places) for moment, places in self.marks]
        if lasts := [max(one) for one in backs if one]:
            self.figures["all partitions of the dead back, median s"] = round(
                statistics.median(lasts), 1
            )
            self.figures["all partitions of the dead back, longest s"] = round(max(lasts), 1)
            firsts = [min(one) for one in backs if one]
            self.figures["its first event, median s"] = round(statistics.median(firsts), 1)
            self.figures["its first event, longest s"] = round(max(firsts), 1)
        workers = [s for name, all_ in self.watch.samples.items() for s in all_ if "worker" in name]
        if workers:
            self.figures["worker, most memory MB"] = round(max(s.resident_mb for s in workers))
            self.figures["worker, most descriptors"] = max(s.descriptors for s in workers)
