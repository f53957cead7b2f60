"""Records that can't be read, come again, in another order or from another time."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from datetime import timedelta

from tests.faults import events
from tests.faults.checker.evidence import Evidence, instant
from tests.faults.checker.intake import sort_inputs
from tests.faults.collect import read_topics
from tests.faults.load import plan, poison
from tests.faults.named.registry import Fault, Planned, Size, nothing
from tests.faults.named.scene import Scene
from tests.faults.stories import SHUFFLED

FLOOD = 3_000
IN_A_ROW_MAX = 1_000
HUGE_BYTES = 10_000_000
HUGE_RECORDS = 6
SKEW_S = 300.0
#: Stories whose events may come in any order and must still end the same.
ANY_ORDER = SHUFFLED | {"reversal", "provisional"}


def much_poison(seed: int, wanted: int, seconds: float) -> Planned:
    """A fifth is poison: more would be over the budget, which is another fault."""
    rng = random.Random(seed)
    planned = plan(seed, int(wanted * 0.8), seconds)
    bad = [
        (rng.uniform(0, seconds * 0.9), poison(rng, f"x{seed}-{n}"))
        for n in range(wanted - len(planned))
    ]
    return sorted([*planned, *bad], key=lambda one: one[0])


def three_times(seed: int, wanted: int, seconds: float) -> Planned:
    """Every event once more at once, and once more within five seconds."""
    rng = random.Random(seed)
    planned = plan(seed, wanted // 3, seconds)
    again = [(at + delay, one) for at, one in planned for delay in (0.01, rng.uniform(0, 5))]
    return sorted([*planned, *again], key=lambda one: one[0])


def shuffled(seed: int, wanted: int, seconds: float) -> Planned:
    """Only stories that may come in any order, each of them in any order."""
    weights = dict.fromkeys(ANY_ORDER, 1)
    return plan(seed, wanted, seconds, weights=weights, in_any_order=ANY_ORDER)


def skewed(seed: int, wanted: int, seconds: float) -> Planned:
    """A third of the customers' events come from a producer 5 min fast, a third 5 min slow."""
    planned: Planned = []
    for number, ahead_s in enumerate((-SKEW_S, 0.0, SKEW_S)):
        with events.clock_ahead(timedelta(seconds=ahead_s)):
            found = plan(seed * 3 + number, wanted // 3, seconds)
        planned += [(at, replace(one, ahead_s=ahead_s)) for at, one in found]
    return sorted(planned, key=lambda one: one[0])


async def skew_workers(scene: Scene) -> None:
    """Worker 0 becomes 5 min fast, worker 1 as slow; later they change places by dying."""
    scene.rig.modules |= dict.fromkeys(("worker-0", "worker-1"), "tests.faults.named.skewed_worker")
    for number, name in enumerate(("worker-0", "worker-1", "worker-0", "worker-1")):
        await scene.at(scene.seconds * (0.15 + 0.2 * number))
        scene.rig.kill(name)
    await scene.at(scene.seconds)
    await _show_skew(scene)


async def _show_skew(scene: Scene) -> None:
    """What the ticks say the time is, against the time they have got from their producer.

    Rules may not see a slow clock: within a partition time does not go back.
    """
    bootstrap = scene.publisher.bootstrap
    ticks = await asyncio.to_thread(read_topics, bootstrap, ["ticks"], {})
    told = [(instant(json.loads(one.value or b"{}")["now"]), one.timestamp_ms) for one in ticks]
    ahead = [now.timestamp() - at_ms / 1000 for now, at_ms in told]
    fast, slow = (sum(side * one > SKEW_S / 2 for one in ahead) for side in (1, -1))
    scene.figures |= {"ticks by a clock that is fast": fast, "ticks by one that is slow": slow}
    scene.expect(fast and slow, "partitions are told the time by a fast clock and by a slow one")


async def flood(scene: Scene) -> None:
    """More bad records in a row than can be believed; then somebody says that they are meant."""
    await scene.at(scene.seconds + 2)
    publisher = scene.publisher
    begun = len(scene.said)
    for number in range(FLOOD):
        publisher.send(_bad(number))
    await asyncio.to_thread(publisher.flush)
    scene.report(f"{FLOOD} bad records of one key are acknowledged")

    async def given_up() -> bool:
        ends = [line for line in scene.said[begun:] if line.startswith("worker-")]
        return sum("ended (code 1)" in line for line in ends) >= 3

    scene.expect(await scene.until(given_up, 90), "whoever reads them ends, each time")
    logs = [path.read_text(errors="replace") for path in scene.rig.home.logs.glob("worker-*.log")]
    told = sum("DUNNOCK_DEAD_LETTERS_IN_A_ROW" in text for text in logs)
    scene.expect(told, "the log says how to resume")
    letters = await asyncio.to_thread(read_topics, publisher.bootstrap, ["dead-letters"], {})
    aside = sum(letter.value == b"{flood" for letter in letters)
    scene.figures["set aside before it stopped"] = aside
    scene.expect(aside <= IN_A_ROW_MAX, f"at most {IN_A_ROW_MAX} are set aside, not {aside}")
    scene.rig.env["DUNNOCK_DEAD_LETTERS_IN_A_ROW"] = str(10 * FLOOD)
    for name in scene.rig.pids("worker-"):
        scene.rig.kill(name)
    scene.over()


def _bad(number: int) -> events.Outgoing:
    data = events.payment("flood", f"flood-{number}", 100)
    good = events.event("payments", "payment.received.v1", data, ce_id=f"flood-{number}")
    return replace(good, value=b"{flood")


async def huge(scene: Scene) -> None:
    """Ten million bytes of one amount, and as many of brackets; a broker takes them compressed."""
    await scene.at(scene.seconds * 0.3)
    for number in range(HUGE_RECORDS):
        data = events.payment(f"huge-{number}", f"huge-{number}", 100)
        one = events.event("payments", "payment.received.v1", data, ce_id=f"huge-{number}")
        padding = b'"' + b"x" * HUGE_BYTES + b'"'
        nested = b"[" * (HUGE_BYTES // 2) + b"]" * (HUGE_BYTES // 2)
        shallow = b"[" * 100_000 + b"]" * 100_000
        filling = (padding, nested, shallow)[number % 3]
        value = one.value[:-1] + b', "filling": ' + filling + b"}"
        scene.publisher.send(replace(one, value=value))
        await asyncio.sleep(1)


def came_huge(scene: Scene, evidence: Evidence) -> None:
    largest = max(len(entry.value or b"") for entry in evidence.inputs)
    scene.figures["largest record in the log, bytes"] = largest
    scene.expect(largest > HUGE_BYTES, "the log holds records of 10 MB")


def came_again(scene: Scene, evidence: Evidence) -> None:
    intake = sort_inputs(evidence.inputs)
    scene.figures["events with an effect"] = len(intake.events)
    scene.figures["repetitions"] = len(intake.repeats)
    scene.figures["dead letters"] = len(evidence.dead_letters)


FAULTS = (
    Fault(name="poison-event", act=nothing, load=much_poison, short=Size(32), examine=came_again),
    Fault(name="poison-flood", act=flood, short=Size(20), examine=came_again),
    Fault(
        name="huge-messages",
        act=huge,
        short=Size(36),
        examine=came_huge,
        publisher={"compression.type": "zstd", "message.max.bytes": 20_000_000},
    ),
    Fault(name="duplicates", act=nothing, load=three_times, short=Size(32, 60), examine=came_again),
    Fault(name="permutations", act=nothing, load=shuffled, short=Size(32), examine=came_again),
    Fault(name="clock-skew", act=skew_workers, load=skewed, short=Size(80)),
)
