"""One run of one plan: what was wrong with it, its digest, its figures."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator
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
    warnings.filterwarnings("ignore", "coroutine .* was never awaited")  # of the killed
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def outcome(plan: Plan, *, tell: bool = False, survey: bool = False) -> Outcome:
    """Run a plan in a fresh world and judge it."""
    was_on = gc.isenabled()
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
        if was_on:
            gc.enable()
    scene = world.scene
    scene.trace(b"\x1f".join(_everything(world)))
    return Outcome(
        plan,
        wrong,
        scene.digest(),
        tuple(scene.chaos.faults),
        scene.chaos.tally,
        sum(len(scene.log.records(topic)) for topic in sorted(scene.log.topics())),
        scene.story or [],
    )


def _everything(world: World) -> Iterator[bytes]:
    """The log to the byte, the rows on disk, the claims, what the providers accepted."""
    log = world.scene.log
    for topic in sorted(log.topics()):
        yield topic.encode()
        for one in log.records(topic):
            yield b"%d %d" % (one.partition, one.offset)
            yield from (one.key or b"\0", one.value or b"\0")
            for name, text in one.headers:
                yield from (name.encode(), text)
    for place in sorted(log.changelogs):
        yield repr(place).encode()
        for row in log.changelog(*place):
            yield from (b"\0",) if row is None else (row[0], row[1] or b"\0")
    yield repr(sorted(world.tables.dispatches.items())).encode()
    yield repr([(name, one.accepted) for name, one in world.providers.items()]).encode()
