"""A few worlds from their seeds, and what makes them worth it: they are the same each time."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.simulation.outcome import outcome, silence
from tests.simulation.shrink import shrunk
from tests.simulation.simulate import Sum, aimed, never_hit
from tests.simulation.world.plan import Plan, plan
from tests.simulation.world.world import World

ROOT = Path(__file__).resolve().parents[2]
#: `make simulate` runs two thousand, of 200 events each.
SEEDS = range(16)
EVENTS = 60


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Silent for these worlds, and as before for the tests that come after them."""
    before = structlog.get_config()
    silence()
    yield
    structlog.configure(**before)
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", SEEDS[::4])
def test_nothing_is_wrong_with_these_worlds(first: int) -> None:
    wrong = {seed: outcome(plan(seed, EVENTS)).wrong for seed in range(first, first + 4)}
    assert {seed: found for seed, found in wrong.items() if found} == {}


def _digest(hash_seed: str) -> dict[str, str]:
    code = (
        "import json\n"
        "from tests.simulation.outcome import outcome, silence\n"
        "from tests.simulation.world.plan import plan\n"
        "silence()\n"
        f"print(json.dumps({{s: outcome(plan(s, {EVENTS})).digest for s in (5, 7, 12)}}))"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    digests: dict[str, str] = json.loads(done.stdout)
    return digests


def test_one_seed_is_one_run_to_the_byte() -> None:
    """Steps, faults, log, changelogs, claims: in two processes with hashes of their own."""
    assert _digest("1") == _digest("4711")


def test_a_script_of_its_faults_is_the_same_run() -> None:
    drawn = outcome(plan(11, EVENTS))
    assert drawn.faults != ()
    replayed = outcome(drawn.plan.only(drawn.plan.acts, drawn.faults))
    assert (replayed.digest, replayed.faults) == (drawn.digest, drawn.faults)


def test_a_failing_run_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world whose decisions are lost: what is left of its story is short and fails alike."""
    run = World.run

    def forgetful(world: World) -> None:
        run(world)
        world.scene.log.slots("decisions", 0).clear()

    monkeypatch.setattr(World, "run", forgetful)
    failed = next(
        found for seed in range(50) if (found := outcome(_calm(plan(seed, EVENTS)))).wrong
    )
    small = shrunk(failed, tries_max=40)
    assert small.invariant == failed.invariant
    assert len(small.plan.acts) < len(failed.plan.acts) / 3
    assert small.story != []


def _calm(found: Plan) -> Plan:
    return found.only(found.acts, ())


def test_worlds_are_aimed_at_an_await_at_which_nobody_has_died() -> None:
    """So that chance does not decide whether every await was hit."""
    found = outcome(plan(3, 40), survey=True)
    site = max(found.tally.sites["seen"] - found.tally.sites.get("killed", set()))
    total = Sum()
    total.tally.sites = {"seen": {site}, "killed": set()}
    more = aimed(total, first=3, events=40)
    assert more.seeds == 1  # the very world in which nobody died there before
    assert site in more.tally.sites["killed"]
    assert not more.wrong
    total.tally.add(more.tally)
    assert site not in never_hit(total.tally)
