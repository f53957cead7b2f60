"""The town's traffic: stories that begin at random, told in the order of time."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.town import applying, billing
from simulators.town.events import TownEvent
from simulators.town.pen import Pen
from simulators.town.people import Person, person, pick

Story = Callable[[Pen], None]
STORIES: tuple[tuple[Story, float], ...] = (
    (billing.paid_on_time, 0.40),
    (billing.debit_fails, 0.25),
    (billing.bill_is_overdue, 0.08),
    (billing.credited, 0.02),
    (applying.applies, 0.19),
    (applying.gets_in_touch, 0.04),
    (applying.moves_house, 0.02),
)
#: Debits come back in runs: for this long, this often, failed debits come so many times as fast.
SPIKE_EVERY_S = 90.0
SPIKE_LASTS_S = 3.0
SPIKE_TIMES = 6.0
#: Events of a story on average, the first word of a new customer aside; tested.
EVENTS_PER_STORY = 2.1
_SPIKE_LOAD = 1 + (SPIKE_TIMES - 1) * SPIKE_LASTS_S / SPIKE_EVERY_S


@dataclass(frozen=True, slots=True)
class Town:
    """`rate` is events per second over a long time. Ids hold the seed: two seeds never collide."""

    seed: int
    start: datetime
    rate: float = 20.0
    people: int = 2_000
    #: Without spikes every second is as busy as the next: what a latency benchmark wants.
    spikes: bool = True

    def events(self) -> Iterator[TownEvent]:
        """Without end, ordered by `at`. Memory: what late payers still owe their story."""
        rng = random.Random(f"town/{self.seed}")
        waiting: list[tuple[datetime, int, TownEvent]] = []
        order = itertools.count()
        known: set[int] = set()
        for begins, in_spike in self._beginnings(rng):
            while waiting and waiting[0][0] <= begins:
                yield heapq.heappop(waiting)[2]
            story = billing.debit_fails if in_spike else pick(rng, STORIES)
            for event in self._told(story, begins, rng, known):
                heapq.heappush(waiting, (event.at, next(order), event))

    def _beginnings(self, rng: random.Random) -> Iterator[tuple[datetime, bool]]:
        per_s = self.rate / EVENTS_PER_STORY / (_SPIKE_LOAD if self.spikes else 1)
        passed = 0.0
        while True:
            in_spike = self.spikes and passed % SPIKE_EVERY_S > SPIKE_EVERY_S - SPIKE_LASTS_S
            passed += rng.expovariate(per_s * (SPIKE_TIMES if in_spike else 1))
            yield self.start + timedelta(seconds=passed), in_spike

    def _told(
        self, story: Story, begins: datetime, rng: random.Random, known: set[int]
    ) -> list[TownEvent]:
        number = rng.randrange(self.people)
        who: Person = person(self.seed, number)
        pen = Pen(f"T{self.seed}-{rng.getrandbits(48):012x}", begins, who, rng)
        if number not in known:
            known.add(number)
            pen.write(0.0, "customers", "customer.updated.v1", who.customer())
        story(pen)
        return pen.events
