"""A run before it begins: what will be published when, on how many workers, and what may go wrong.

A plan follows from its seed alone. Shrinking takes acts and faults out of it.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field, replace

from tests.simulation.world.chaos import Fault
from tests.simulation.world.lives import lives
from tests.simulation.world.teller import Act

#: Rates at each passing of a point, of a run in which the kind is switched on.
RATES = {
    "kill": 0.004,
    "pause": 0.002,
    "abort": 0.02,
    "unknown": 0.01,
    "error": 0.01,
    "lost": 0.02,
    "slow": 0.02,
    "again": 0.03,
    "hang": 0.04,
    "status": 0.05,
    "busy": 0.05,
    "rejected": 0.02,
    "unreachable": 0.04,
    "garbage": 0.06,
    "cut": 0.04,
    "flood": 0.01,
    "foreign": 0.02,
    "wipe": 0.3,
    "jump": 0.1,
    "back": 0.1,
    "leave": 0.1,
    "join": 0.1,
    "step": 0.3,
}
#: Some days on which the clocks change, somewhere, and some on which they don't.
BEGINNINGS = (
    dt.datetime(2026, 3, 27, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 23, 5, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 6, 8, tzinfo=dt.UTC),
    dt.datetime(2026, 6, 1, 7, tzinfo=dt.UTC),
    dt.datetime(2026, 9, 24, 9, tzinfo=dt.UTC),
    dt.datetime(2026, 12, 28, 10, tzinfo=dt.UTC),
)


@dataclass(frozen=True)
class Plan:
    """Everything a run depends on."""

    seed: int
    acts: tuple[Act, ...]
    begins: dt.datetime
    workers: int
    partitions: int
    dispatchers: int
    batch_records_max: int
    slice_s: float
    rest_share: float
    rates: dict[str, float] = field(default_factory=dict)
    script: tuple[Fault, ...] | None = None
    aim: str = ""

    def only(self, acts: tuple[Act, ...], script: tuple[Fault, ...]) -> Plan:
        """The same with fewer acts, and exactly these faults."""
        return replace(self, acts=acts, script=script)


def plan(seed: int, events: int = 200, aim: str = "") -> Plan:
    """The plan of a seed. `aim`: an await site at which every process dies that gets there."""
    rng = random.Random(f"plan {seed}")
    begins = rng.choice(BEGINNINGS)
    calm = rng.random() < 0.1
    rates = {
        kind: rate * rng.choice((0.5, 1, 2))
        for kind, rate in RATES.items()
        if not calm and rng.random() < 0.6
    }
    return Plan(
        seed=seed,
        acts=tuple(lives(rng, begins, events)),
        begins=begins,
        workers=rng.choice((1, 2, 2, 3)),
        partitions=rng.choice((2, 4, 4)),
        dispatchers=rng.choice((1, 1, 2)),
        batch_records_max=rng.choice((1, 3, 10, 50, 2000)),
        slice_s=rng.choice((0.0, 0.01)),
        rest_share=rng.choice((0.0, 3.0)),
        rates=rates,
        aim=aim,
    )
