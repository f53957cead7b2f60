"""What every bench is given: the broker, the systems, how much to do, where results go."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from confluent_kafka import KafkaException

from benchmarks.engine.broker import Broker
from benchmarks.engine.results import Results
from benchmarks.engine.systems import Run, Systems
from dunnock.embedded.problems import Problem

#: What may go wrong with a single run, of whichever system.
RUN_FAILURES = (OSError, RuntimeError, KafkaException, Problem)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the bench."""

    broker: Broker
    directory: Path
    systems: frozenset[str]
    """Names of those to compare."""
    systems_running: Systems
    results: Results
    rounds: int
    """Counted ones."""
    events: int
    """Of the fastest engine in a run of the throughput bench; the others get a share."""
    quick: bool
    limit_s: float = 150.0
    """For a single run of a system; one that takes longer is reported as not done."""
    discarded: int = 1
    """Rounds before the counted ones that are thrown away: broker and caches are cold in them."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def numbers(self) -> range:
        """Of the rounds; those up to 0 are thrown away."""
        return range(1 - self.discarded, self.rounds + 1)

    @property
    def streams_warm_up_s(self) -> float:
        """How long Kafka Streams works before it is measured."""
        return 10.0 if self.quick else 60.0

    def run(self, system: str, partitions: int, **more: object) -> Run:
        """A run that shares nothing with those before; `more` as in `Run`."""
        name = f"r{next(self._numbers):03d}-{system}."
        directory = self.directory / name.rstrip(".")
        return replace(Run(self.broker, name, partitions, directory), **more)  # type: ignore[arg-type]

    def again(self, run: Run, **more: object) -> Run:
        """The same run with something changed: another worker, another environment."""
        return replace(run, **more)  # type: ignore[arg-type]
