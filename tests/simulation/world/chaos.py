"""Where something may go wrong, what goes wrong there, and a count of both.

Each injection point is a name; it is hit by the code that passes it, in a wrapper around one of
the product's ports. Whether a fault strikes is drawn from the seed, or read from a script: a run
writes down what struck, and a run with that script is the same run.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: What can go wrong where. A point that is passed and does not stand here is a mistake of ours.
POINTS: dict[str, tuple[str, ...]] = {
    # A worker: reading, the steps of a batch, asking how far the log reaches.
    "fetch.chunk": ("kill", "pause", "slow", "again"),
    "rows.read": ("kill",),
    "rows.scan": ("kill",),
    "transaction.begun": ("kill", "pause", "abort", "slow"),
    "transaction.written": ("kill", "pause", "abort", "slow"),
    "transaction.positioned": ("kill", "pause", "abort", "slow"),
    "transaction.committed": ("kill", "pause", "unknown", "slow"),
    "store.before": ("kill",),
    "store.between": ("kill",),
    "lane.acked": ("kill",),
    "ends.asked": ("kill", "pause", "error", "slow"),
    "ends.answered": ("kill", "pause", "error", "slow"),
    # A worker gets or loses partitions.
    "assign.begun": ("kill", "pause", "slow"),
    "assign.fenced": ("kill", "pause", "slow"),
    "assign.restoring": ("kill", "pause", "slow"),
    "assign.restored": ("kill", "pause", "slow"),
    "assign.positions": ("kill", "pause", "slow"),
    "assign.started": ("kill", "pause", "slow"),
    "assign.ticked": ("kill", "pause", "slow"),
    "revoke.begun": ("kill", "pause"),
    "revoke.stopped": ("kill", "pause"),
    "pool.published": ("kill", "pause", "error", "lost", "slow"),
    "pool.committed": ("kill",),
    # Bureaus.
    "bureau.asked": ("kill", "pause", "unreachable", "status", "hang"),
    "bureau.answered": ("kill", "pause", "garbage", "cut", "flood", "foreign", "hang"),
    # A dispatcher.
    "consumer.fetch": ("kill", "pause", "slow"),
    "consumer.commit": ("kill", "pause", "error", "lost"),
    "consumer.ends": ("kill", "error", "slow"),
    "consumer.assigned": ("kill", "pause"),
    "producer.send": ("kill", "pause", "error", "lost", "slow"),
    "database.before": ("kill", "pause", "lost", "slow"),
    "database.after": ("kill", "pause", "lost", "slow"),
    # Gateways: before and after the provider has taken the message.
    "gateway.before": ("kill", "pause", "unreachable", "status", "busy", "rejected", "hang"),
    "gateway.after": ("kill", "pause", "status", "hang", "lost", "garbage"),
    "gateway.ask": ("kill", "pause", "status", "hang", "garbage"),
    "mail.connect": ("kill", "pause", "unreachable", "hang"),
    "mail.rcpt": ("kill", "pause", "busy", "rejected"),
    "mail.before": ("kill", "pause", "busy", "rejected", "hang"),
    "mail.after": ("kill", "pause", "hang", "lost"),
    # Between any two steps of any task.
    "step.worker": ("kill",),
    "step.dispatcher": ("kill",),
    # What the surroundings do.
    "group.join": ("slow",),
    "world.clock": ("jump", "back"),
    "world.disk": ("wipe",),
    "world.rebalance": ("leave", "join"),
}

#: Of those that are killed between two steps: the share that dies at a chosen await. A step drawn
#: at random rarely finds a task where it seldom waits.
_AT_A_SITE = 0.25


class Fault(NamedTuple):
    """At the `nth` passing of `point`, `kind` strikes."""

    point: str
    nth: int
    kind: str


@dataclass
class Tally:
    """How often points were passed and what struck there, over one run or many."""

    passed: Counter[str] = field(default_factory=Counter)
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    sites: dict[str, set[str]] = field(default_factory=dict)
    """Await sites of the product: `seen` a task standing there, `killed` a process meanwhile."""

    def add(self, other: Tally) -> None:
        self.passed.update(other.passed)
        self.struck.update(other.struck)
        for name, sites in other.sites.items():
            self.sites.setdefault(name, set()).update(sites)

    def never_struck(self) -> list[str]:
        """Points and kinds that no run has had."""
        return [
            f"{point} {kind}"
            for point, kinds in POINTS.items()
            for kind in kinds
            if not self.struck[point, kind]
        ]


class Chaos:
    """Decides at each point. `rates`: the probability of each kind, at each passing.

    `aim`: an await site at which every process dies that gets there.
    """

    def __init__(
        self,
        seed: int,
        rates: dict[str, float],
        script: Iterable[Fault] | None = None,
        aim: str = "",
    ) -> None:
        self._aim = aim
        self._rng = random.Random(f"chaos {seed}")
        self._rates = rates
        self._odds = {point: _odds(point, rates) for point in POINTS}
        self._script = None if script is None else {(f.point, f.nth): f.kind for f in script}
        self.tally = Tally()
        self.faults: list[Fault] = []
        self.active = True
        """Off: nothing goes wrong any more; the world must come to rest."""

    def at(self, point: str) -> str | None:
        """What goes wrong at this passing of `point`."""
        nth = self.tally.passed[point] = self.tally.passed[point] + 1
        if not self.active:
            return None
        kind = self._script.get((point, nth)) if self._script is not None else self._draw(point)
        if kind is not None:
            self.strike(point, nth, kind)
        return kind

    def strike(self, point: str, nth: int, kind: str) -> None:
        """Write down that it went wrong."""
        self.faults.append(Fault(point, nth, kind))
        self.tally.struck[point, kind] += 1

    def life(self, point: str, mean_steps: float, sites: Sequence[str]) -> int | str | None:
        """When a new process is killed: after so many steps, once a task of it stands at an await
        site, or (None) not at all.
        """
        nth = self.tally.passed[point] = self.tally.passed[point] + 1
        if not self.active:
            return None
        if self._script is None:
            life = self._draw_life(mean_steps, sites)
        else:
            kind = self._script.get((point, nth), "").removeprefix("kill@")
            life = int(kind) if kind.isdigit() else kind or None
        if life is not None:
            self.faults.append(Fault(point, nth, f"kill@{life}"))
        return life

    def _draw_life(self, mean_steps: float, sites: Sequence[str]) -> int | str | None:
        if self._aim in sites:
            return self._aim
        rate = self._rates.get("step", 0.0)
        if not rate or self._rng.random() >= rate:
            return None
        if self._rng.random() < _AT_A_SITE:
            return self._rng.choice(sites)
        return 1 + int(self._rng.expovariate(1 / mean_steps))

    def _draw(self, point: str) -> str | None:
        drawn = self._rng.random()
        for kind, up_to in self._odds[point]:
            if drawn < up_to:
                return kind
        return None


def _odds(point: str, rates: dict[str, float]) -> list[tuple[str, float]]:
    """Each kind that may strike there, and below which number drawn it does."""
    found, up_to = [], 0.0
    for kind in POINTS[point]:
        rate = rates.get(f"{point} {kind}", rates.get(kind, 0.0))
        if rate:
            up_to += rate
            found.append((kind, up_to))
    return found
