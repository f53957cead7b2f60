"""`make faults NAME=…`: one named fault on the real stack, or several, with their figures.

python -m tests.faults.named.run worker-kill sigstop [--full] [--seconds 600] [--seed 1] [--dry]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from dunnock import installation
from dunnock.addresses import Ports
from dunnock.installation import Installation
from tests.faults.checker.evidence import Entry, Evidence, Finding, counts
from tests.faults.checker.judge import judge
from tests.faults.collect import collect
from tests.faults.named import results
from tests.faults.named.catalogue import FAULTS
from tests.faults.named.disks import unmount_below
from tests.faults.named.lookrace import RACE, last_second_payment
from tests.faults.named.registry import Fault, Planned, Size
from tests.faults.named.rig import Rig
from tests.faults.named.scene import Scene
from tests.faults.named.watch import Watch
from tests.faults.publisher import Publisher, publish_paced
from tests.faults.run import fix_answers, say
from tests.faults.settle import StillBusy, wait_at_rest
from tests.faults.stories import ANSWERS

SHOWN_MAX = 10
KEPT = Path(".dunnock") / "faults"
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


def chosen_size(fault: Fault, chosen: argparse.Namespace) -> Size:
    size = fault.size(full=chosen.full)
    return replace(
        size,
        seconds=chosen.seconds or size.seconds,
        per_second=chosen.per_second or size.per_second,
        times=chosen.times or size.times,
    )


async def run_on_one_stack(names: Sequence[str], chosen: argparse.Namespace, seed: int) -> bool:
    """The faults one after the other on one stack; logs are kept when one is not good."""
    faults = [FAULTS[name] for name in names]
    for fault in faults:
        if reason := fault.hindered():
            raise SystemExit(f"{fault.name} can't be caused here: {reason}")
    sized = [(fault, chosen_size(fault, chosen)) for fault in faults]
    say(f"starting the stack for {', '.join(names)}")
    with installation.opened(ephemeral=True) as home:
        left = len(names)
        try:
            async for result in caused(sized, seed, home):
                left -= told(result, chosen)
        finally:
            if left or chosen.keep_logs:
                kept = KEPT / f"{names[0]}-{int(time.time())}"
                shutil.copytree(home.logs, kept)
                say(f"its logs are kept in {kept}")
    return not left


def told(result: results.Result, chosen: argparse.Namespace) -> bool:
    """Show it and write it down; gives whether it is a good one."""
    show(result)
    if not chosen.dry:
        results.append(result)
    return result.good


def show(result: results.Result) -> None:
    rows = {
        "events": result.events,
        "lost": result.lost,
        "wrong": result.wrong,
        "sent twice": result.sent_twice,
        "reminded after payment": result.reminded_after_payment,
        "seconds to lag zero": result.seconds_to_lag_zero,
        **result.figures,
    }
    for name, value in rows.items():
        say(f"  {name:<45} {value!s:>10}")
    for sentence in result.failed:
        say(f"  NOT MET: {sentence}")
    say(f"{result.fault}: {'good' if result.good else 'NOT GOOD'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every judged count is zero and every expectation was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted([*FAULTS, RACE]), metavar="NAME")
    parser.add_argument("--full", action="store_true", help="the size that was asked for")
    parser.add_argument("--seconds", type=float, default=0, help="another length of the load")
    parser.add_argument("--per-second", type=float, default=0, help="another rate")
    parser.add_argument("--times", type=int, default=0, help="how often the thing is done")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--dry", action="store_true", help="leave the results file alone")
    parser.add_argument("--keep-logs", action="store_true", help="also those of a good run")
    parser.add_argument("--together", action="store_true", help="all on one stack, in this order")
    chosen = parser.parse_args(arguments)
    if chosen.together:
        return 0 if asyncio.run(run_on_one_stack(chosen.names, chosen, chosen.seed)) else 1
    good = True
    for number, name in enumerate(chosen.names):
        if name == RACE:
            raced = last_second_payment(full=chosen.full, per_second=chosen.per_second)
            good &= told(raced, chosen)
        else:
            good &= asyncio.run(run_on_one_stack([name], chosen, chosen.seed + number))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
