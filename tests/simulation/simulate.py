"""`make simulate`: many worlds, each from its seed; judged, counted, and shrunk when they fail.

SEEDS=2000 how many, FROM=0 the first one, SEED=n one alone with its story, EVENTS=200 a world,
REPORT=file where the injection points and counts go, AIM=site an await (as the report names it) at
which every process dies that gets there.

Over 2,000 or more seeds every injection point must have struck. An await at which tasks were seen
waiting and none was killed is so rare that chance misses it: worlds are aimed at it until one dies.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path

from tests.simulation.outcome import outcome, silence
from tests.simulation.shrink import shrunk
from tests.simulation.world import sites
from tests.simulation.world.chaos import POINTS, Tally
from tests.simulation.world.plan import plan

EVENTS = 200
#: Every so many seeds one looks after each step where every task stands.
SURVEY_EVERY = 10
_BLOCK = 20
_FAILED_MAX = 5
_PROGRESS_S = 15.0
#: Worlds aimed at an await before it counts as never hit.
_AIMED_MAX = 100


@dataclass
class Sum:
    """What many runs came to."""

    seeds: int = 0
    records: int = 0
    cpu_s: float = 0.0
    wrong: dict[int, list[str]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def add(self, other: Sum) -> None:
        self.seeds += other.seeds
        self.records += other.records
        self.cpu_s += other.cpu_s
        self.wrong |= other.wrong
        self.tally.add(other.tally)


def run_block(first: int, count: int, events: int, aim: str = "") -> Sum:
    """The seeds of one block, in this process."""
    silence()
    gc.disable()  # a block's process ends before its worlds are too many to keep
    total, began = Sum(), time.process_time()
    for seed in range(first, first + count):
        found = outcome(plan(seed, events, aim), survey=not aim and seed % SURVEY_EVERY == 0)
        total.seeds += 1
        total.records += found.records
        total.tally.add(found.tally)
        if found.wrong:
            total.wrong[seed] = found.wrong
    total.cpu_s = time.process_time() - began
    return total


def simulate(first: int, seeds: int, events: int = EVENTS, workers: int | None = None) -> Sum:
    """Run the seeds on all cores. Stops early once a few have failed."""
    total, told_at = Sum(), time.monotonic()
    blocks = [
        (start, min(_BLOCK, first + seeds - start), events, "")
        for start in range(first, first + seeds, _BLOCK)
    ]
    with _processes(workers) as pool:
        for done in pool.imap_unordered(_run_one, blocks):
            total.add(done)
            if time.monotonic() - told_at > _PROGRESS_S or total.wrong:
                told_at = time.monotonic()
                print(f"{total.seeds:,} of {seeds:,} seeds, {len(total.wrong)} failed", flush=True)
            if len(total.wrong) >= _FAILED_MAX:
                break
    return total


def aimed(total: Sum, first: int, events: int) -> Sum:
    """Worlds aimed, one site after the other, at the awaits at which nobody was killed."""
    more = Sum()
    seen, killed = (total.tally.sites.get(name, set()) for name in ("seen", "killed"))
    for site in sorted(seen - killed):
        worlds = [(seed, 1, events, site) for seed in range(first, first + _AIMED_MAX)]
        with _processes() as pool:
            for found in pool.imap(_run_one, worlds):
                more.add(found)
                if found.wrong or site in found.tally.sites.get("killed", ()):
                    break
        print(f"{more.seeds:,} worlds aimed, the last ones at {site}", flush=True)
        if more.wrong:
            seed, wrong = next(iter(more.wrong.items()))
            _explain(seed, wrong)
            print(f"Replay: make simulate SEED={seed} EVENTS={events} AIM='{site}'")
            break
    return more


def _processes(workers: int | None = None) -> Pool:
    """A process for each block: the memory of its worlds goes with it."""
    fork = multiprocessing.get_context("fork")  # what is loaded and warm is so for every block
    return fork.Pool(workers or os.cpu_count(), maxtasksperchild=1)


def _run_one(block: tuple[int, int, int, str]) -> Sum:
    return run_block(*block)


def story_of(seed: int, events: int, aim: str = "") -> int:
    """Run one seed, print what happened in it, and what is wrong."""
    silence()
    found = outcome(plan(seed, events, aim), tell=True)
    print("\n".join(found.story))
    print(f"digest {found.digest}")
    return _explain(seed, found.wrong)


def _explain(seed: int, wrong: list[str]) -> int:
    for what in wrong:
        print(f"seed {seed}: {what}")
    return 1 if wrong else 0


def fail(seed: int, events: int) -> None:
    """Print the shrunk story of a failing seed and how to see it again."""
    silence()
    small = shrunk(outcome(plan(seed, events)))
    print(f"\nseed {seed}, shrunk to {len(small.plan.acts)} acts and {len(small.faults)} faults:")
    print("\n".join(small.story))
    _explain(seed, small.wrong)
    print(f"Replay: make simulate SEED={seed}" + (f" EVENTS={events}" if events != EVENTS else ""))


def report(total: Sum, took_s: float, *, complete: bool) -> list[str]:
    """The figures, and every injection point with its counts."""
    tally = total.tally
    rate = total.seeds / took_s if took_s else 0.0
    cpu_s = total.cpu_s / max(1, total.seeds)
    lines = [
        f"{total.seeds:,} worlds, {total.records:,} records, {len(total.wrong)} failed",
        f"{took_s:.1f} s, {rate:.1f} worlds/s on {os.cpu_count()} cores ({cpu_s:.3f} s CPU each)",
        "",
        "injection point: passed; struck",
    ]
    for point, kinds in POINTS.items():
        struck = ", ".join(f"{kind} {tally.struck[point, kind]:,}" for kind in kinds)
        lines.append(f"  {point}: {tally.passed[point]:,}; {struck}")
    killed, seen = (tally.sites.get(name, set()) for name in ("killed", "seen"))
    known = sites.names()
    lines += ["", f"await sites: {len(known)}; seen waiting {len(seen)}, killed at {len(killed)}"]
    for name in known:
        what = "killed there" if name in killed else "seen" if name in seen else "never waits"
        lines.append(f"  {name}: {what}")
    if complete and (missing := never_hit(tally)):
        lines += ["", "NEVER HIT:", *(f"  {name}" for name in missing)]
    return lines


def never_hit(tally: Tally) -> list[str]:
    """Faults that no world had, and sites where tasks wait but none was ever killed."""
    seen, killed = (tally.sites.get(name, set()) for name in ("seen", "killed"))
    return [*tally.never_struck(), *sorted(seen - killed)]


def main() -> int:
    """See the module."""
    env = os.environ.get
    events, first, seeds = (
        int(env(name) or usual)
        for name, usual in (("EVENTS", EVENTS), ("FROM", 0), ("SEEDS", 2000))
    )
    if env("SEED"):
        return story_of(int(env("SEED", "0")), events, env("AIM", ""))
    began = time.monotonic()
    total = simulate(first, seeds, events)
    if seeds >= 2000 and not total.wrong:
        more = aimed(total, first, events)
        total.tally.add(more.tally)
        if more.wrong:
            return 1
    lines = report(total, time.monotonic() - began, complete=seeds >= 2000)
    print("\n".join(lines))
    if env("REPORT"):
        Path(env("REPORT", "")).write_text("\n".join(lines) + "\n")
    by_invariant = Counter(w[0].partition(":")[0] for w in total.wrong.values())
    if total.wrong:
        print(json.dumps({"failed": sorted(total.wrong), "by": by_invariant}))
        for seed, wrong in sorted(total.wrong.items())[:20]:
            _explain(seed, wrong[:3])
        fail(min(total.wrong), events)
        return 1
    return 1 if seeds >= 2000 and never_hit(total.tally) else 0


if __name__ == "__main__":
    sys.exit(main())
