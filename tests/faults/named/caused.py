"""A stack, faults caused on it one after the other under load, and each of them judged."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from dunnock import installation
from dunnock.addresses import Ports
from dunnock.installation import Installation
from tests.faults.checker.evidence import Entry, Evidence, Finding, counts
from tests.faults.checker.judge import judge
from tests.faults.collect import collect
from tests.faults.named import results
from tests.faults.named.disks import unmount_below
from tests.faults.named.registry import Fault, Planned, Size
from tests.faults.named.rig import Rig
from tests.faults.named.scene import Scene
from tests.faults.named.watch import Watch
from tests.faults.publisher import Publisher, publish_paced
from tests.faults.run import fix_answers, say
from tests.faults.settle import StillBusy, wait_at_rest
from tests.faults.stories import ANSWERS

SHOWN_MAX = 10
#: Parts that are held down wait in a thread each.
THREADS = 32


@dataclass(slots=True)
class Before:
    """What earlier faults on the same stack have left in its log."""

    acked_at: dict[tuple[str, int, int], float] = field(default_factory=dict)
    findings: set[Finding] = field(default_factory=set)


async def caused(
    faults: Sequence[tuple[Fault, Size]], seed: int, home: Installation
) -> AsyncIterator[results.Result]:
    """Start the stack, cause each fault under load and judge it, stop the stack."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    first, before = faults[0][0], Before()
    plan = first.plan_type(
        ports=Ports(auto=True),
        data=home.data,
        secrets=installation.kept_secrets(home.data),
        keep=False,
        workers=first.workers,
        traffic=False,
        clock="real",
    )
    rig = Rig(plan, home, say, first.arrange)
    rig.env.update(first.env)
    try:
        await rig.start()
        say("the stack is ready")
        for number, (fault, size) in enumerate(faults):
            say(f"{fault.name}: {size.seconds:.0f} s, {size.events} events, seed {seed + number}")
            yield await _under_load(fault, size, seed + number, rig, before)
    finally:
        await rig.stop()
        unmount_below(home.data)


async def _under_load(
    fault: Fault, size: Size, seed: int, rig: Rig, before: Before
) -> results.Result:
    info = rig.info()
    rig.modules.clear()  # what an earlier fault planted ends with its worker's next end
    await fix_answers(info["simulators"]["bureaus"])
    publisher = Publisher(info["kafka"], **fault.publisher)
    watch = Watch(info["kafka"], lambda: dict(publisher.ends), lambda: rig.pids("worker-"), 4)
    planned = fault.load(seed, size.events, size.seconds)
    rng = random.Random(seed)
    scene = Scene(rig, publisher, watch, rng, say, size.seconds, size.times)
    watch.start()
    try:
        await asyncio.gather(_published(scene, planned), fault.act(scene))
        say(f"{len(publisher.acked_at)} acknowledged; waiting until nothing is left to do")
        rested = await _rest(rig, scene, fault.rest_s_max)
        if fault.after:
            await fault.after(scene)
            rested = await _rest(rig, scene, fault.rest_s_max) if rested is not None else None
    finally:
        watch.stop()
    findings = await _judged(fault, scene, before)
    scene.measure()
    return _result(fault, size, seed, scene, rested, findings)


async def _published(scene: Scene, planned: Planned) -> None:
    """What is never acknowledged is no input, but it is told; the run is judged all the same."""
    try:
        await asyncio.to_thread(publish_paced, scene.publisher, planned)
    except RuntimeError as error:
        scene.expect(ok=False, sentence=f"the broker takes every record ({error})")


async def _rest(rig: Rig, scene: Scene, seconds_max: float) -> float | None:
    try:
        rested = await wait_at_rest(rig, seconds_max)
    except StillBusy as busy:
        scene.expect(ok=False, sentence=f"lag returns to zero by itself ({busy})")
        return None
    say(f"at rest after {rested:.1f} s")
    return rested


async def _judged(fault: Fault, scene: Scene, before: Before) -> list[Finding]:
    """What is wrong with the whole log and was not before this fault."""
    ended = datetime.now(UTC)
    before.acked_at |= scene.publisher.acked_at
    evidence = await collect(scene.rig.info(), before.acked_at)
    evidence.answers = dict(ANSWERS)
    if fault.examine:
        fault.examine(scene, _since(scene, evidence))
    findings = [one for one in judge(evidence, ended) if one not in before.findings]
    before.findings |= set(findings)
    for one in findings[:SHOWN_MAX]:
        say(f"{one.kind}: {one.subject}: {one.detail}")
    return findings


def _since(scene: Scene, evidence: Evidence) -> Evidence:
    """The records of this fault's own time."""
    began_ms = int((time.time() - (time.monotonic() - scene.began)) * 1000)

    def own(entries: list[Entry]) -> list[Entry]:
        return [one for one in entries if one.timestamp_ms >= began_ms]

    return replace(
        evidence,
        inputs=own(evidence.inputs),
        outputs=own(evidence.outputs),
        dead_letters=own(evidence.dead_letters),
    )


def _result(
    fault: Fault,
    size: Size,
    seed: int,
    scene: Scene,
    rested: float | None,
    findings: list[Finding],
) -> results.Result:
    found = counts(findings)
    scene.figures["machine's load average, 5 min"] = round(os.getloadavg()[1], 1)
    times = f", {size.times} times" if size.times > 1 else ""
    return results.Result(
        fault=fault.name,
        at=results.now(),
        commit=results.commit(),
        full=size.reaches(fault.size(full=True)),
        ran=f"{size.seconds:.0f} s at {size.per_second:.0f} events/s{times}",
        seed=seed,
        events=len(scene.publisher.acked_at),
        lost=found["lost"],
        wrong=found["wrong"],
        sent_twice=found["sent twice"],
        reminded_after_payment=found["reminded after payment"],
        seconds_to_lag_zero=None if rested is None else round(rested, 1),
        figures=scene.figures,
        failed=scene.failed,
        versions=results.versions(),
        machine=results.machine(),
    )
