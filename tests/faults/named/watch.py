"""Watches from outside how far each partition is, and what the processes take."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.faults.checker.evidence import IN_TOPICS
from tests.faults.settle import GROUP

POLL_S = 0.1
SAMPLE_S = 5.0
#: Shorter pauses are the rhythm of batches and of our own looking.
STALL_S_MIN = 0.5
#: A commit made before a kill may be seen so much later.
BLIND_S = 0.2


@dataclass(frozen=True, slots=True)
class Stall:
    """A partition held unprocessed events and its committed position did not move."""

    partition: int
    began: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A process at a moment (monotonic seconds)."""

    at: float
    resident_mb: float
    descriptors: int


class Watch:
    """Looks ten times a second in a thread of its own, from `start` to `stop`."""

    def __init__(
        self,
        kafka: str,
        ends: Callable[[], dict[tuple[str, int], int]],
        pids: Callable[[], dict[str, int]],
        partitions: int,
    ) -> None:
        self._kafka, self._ends, self._pids = kafka, ends, pids
        self._places = [TopicPartition(t, p) for t in IN_TOPICS for p in range(partitions)]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.stalls: list[Stall] = []
        self.moved: dict[int, list[float]] = defaultdict(list)
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self._since: dict[int, float] = {}
        self._position: dict[int, int] = {}
        self._behind: set[int] = set()
        self._looked = 0.0
        self._backlog: tuple[float, dict[tuple[str, int], int]] | None = None
        #: From `await_backlog` until everything was handled that had been published before it.
        self.backlog_s: float | None = None

    def start(self) -> None:
        self._thread.start()

    def await_backlog(self) -> None:
        """What is acknowledged by now is the backlog; it is noted when it has been handled."""
        self.backlog_s = None
        self._backlog = time.monotonic(), self._ends()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(30)

    def _run(self) -> None:
        settings = {"bootstrap.servers": self._kafka, "group.id": GROUP, "log_level": 0}
        consumer = Consumer({**settings, "isolation.level": "read_uncommitted"})
        sampled, found = 0.0, list[TopicPartition]()
        try:
            while not self._stopped.wait(POLL_S):
                if time.monotonic() - sampled > SAMPLE_S:
                    sampled = time.monotonic()
                    self._sample(sampled)
                # While the broker is away nothing moves, but there may be work.
                with suppress(KafkaException):
                    found = consumer.committed(self._places, timeout=2)
                self.look(time.monotonic(), found, self._ends())
        finally:
            consumer.close()

    def look(
        self, now: float, found: Iterable[TopicPartition], ends: dict[tuple[str, int], int]
    ) -> None:
        """Take in committed positions as they are at `now`."""
        position: dict[int, int] = defaultdict(int)
        behind: set[int] = set()
        found = list(found)
        self._look_at_backlog(now, {(one.topic, one.partition): one.offset for one in found})
        for one in found:
            done = max(0, one.offset)
            position[one.partition] += done
            if done < ends.get((one.topic, one.partition), 0):
                behind.add(one.partition)
        for partition, where in position.items():
            moved = where != self._position.get(partition)
            if moved:
                self._position[partition] = where
                self.moved[partition].append(now)
            if moved or partition not in behind:
                began = self._since.get(partition, now)
                if partition in self._behind and now - began > STALL_S_MIN:
                    self.stalls.append(Stall(partition, began, now - began))
                self._since[partition] = now
        self._behind, self._looked = behind, now

    def behind(self, partitions: Iterable[int]) -> bool:
        """Whether one of the partitions held unprocessed events at the last look."""
        return bool(self._behind.intersection(partitions))

    def _look_at_backlog(self, now: float, done: dict[tuple[str, int], int]) -> None:
        if self._backlog is None or self.backlog_s is not None:
            return
        began, ends = self._backlog
        if all(done.get(place, 0) >= end for place, end in ends.items()):
            self.backlog_s = now - began

    def longest(self, after: float = 0.0, before: float = float("inf")) -> dict[int, float]:
        """The longest stall of each partition that had one, of those that ended in this time.

        One that still lasts ends, so far, with the last look.
        """
        found: dict[int, float] = {}
        lasting = [Stall(p, self._since[p], self._looked - self._since[p]) for p in self._behind]
        for stall in [*self.stalls, *(one for one in lasting if one.seconds > STALL_S_MIN)]:
            if after < stall.began + stall.seconds <= before:
                found[stall.partition] = max(found.get(stall.partition, 0), stall.seconds)
        return found

    def back_after(self, moment: float, partitions: Iterable[int]) -> list[float]:
        """Seconds from `moment` until each of the partitions moved again, those that did."""
        found = []
        for partition in partitions:
            later = (at for at in self.moved[partition] if at > moment + BLIND_S)
            if (at := next(later, None)) is not None:
                found.append(at - moment)
        return found

    def _sample(self, now: float) -> None:
        for name, pid in self._pids().items():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                descriptors = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208  names only
            except OSError:
                continue  # it has just ended
            line = next((one for one in status.splitlines() if one.startswith("VmRSS")), "")
            if line:
                resident_mb = int(line.split()[1]) / 1024
                self.samples[name].append(Sample(now, resident_mb, descriptors))
