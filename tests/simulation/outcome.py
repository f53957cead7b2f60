"""One run of one plan: what was wrong with it, its digest, its figures."""

from __future__ import annotations

import gc
import logging
from dataclasses import dataclass, field

import structlog

from tests.simulation.judges.bench import verdict
from tests.simulation.world.chaos import Fault, Tally
from tests.simulation.world.plan import Plan
from tests.simulation.world.world import NotQuiet, Stuck, World


@dataclass
class Outcome:
    """What is left of a run when its world is gone."""

    plan: Plan
    wrong: list[str]
    digest: str
    faults: tuple[Fault, ...]
    tally: Tally
    records: int
    story: list[str] = field(default_factory=list)

    @property
    def invariant(self) -> str:
        """The first one that is broken."""
        return self.wrong[0].partition(":")[0] if self.wrong else ""


def silence() -> None:
    """Nobody reads the product's log lines of thousands of worlds."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def outcome(plan: Plan, *, tell: bool = False, survey: bool = False) -> Outcome:
    """Run a plan in a fresh world and judge it."""
    gc.disable()
    try:
        world = World(plan, tell=tell, survey=survey)
        try:
            world.run()
        except (NotQuiet, Stuck) as unrest:
            wrong = [f"I10: {type(unrest).__name__}: {unrest}", *world.scene.defects]
        else:
            wrong = verdict(world)
    finally:
        gc.enable()
    scene = world.scene
    for record in _every_record(world):
        scene.trace(record)
    return Outcome(
        plan,
        wrong,
        scene.digest(),
        tuple(scene.chaos.faults),
        scene.chaos.tally,
        sum(len(scene.log.records(topic)) for topic in sorted(scene.log.topics())),
        scene.story or [],
    )


def _every_record(world: World) -> list[bytes]:
    """The log to the byte, the rows on disk, the claims, what the providers accepted."""
    log = world.scene.log
    found = [
        repr((one.partition, one.offset, one.key, one.value, one.headers)).encode()
        for topic in sorted(log.topics())
        for one in log.records(topic)
    ]
    found += [
        repr(row).encode() for place in sorted(log.changelogs) for row in log.changelog(*place)
    ]
    found += [repr(sorted(world.tables.dispatches.items())).encode()]
    found += [repr((name, one.accepted)).encode() for name, one in world.providers.items()]
    return found
