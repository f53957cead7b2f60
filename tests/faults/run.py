"""`make faults`: kill, stop and restart under load, then compare with the truth.

python -m tests.faults.run --events 20000 --kills 20 --dispatchers 3 --brokers 1 --stops 3
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from tests.faults.chaos import Chaos, cause
from tests.faults.checker.evidence import Evidence, Finding, Kind, counts
from tests.faults.checker.judge import judge
from tests.faults.checker.outputs import read_outputs
from tests.faults.collect import collect
from tests.faults.load import plan
from tests.faults.publisher import Publisher, publish_paced
from tests.faults.settle import wait_at_rest
from tests.faults.stack import Stack, running_stack
from tests.faults.stories import ANSWERS

SHOWN_MAX = 15


@dataclass(frozen=True, slots=True)
class Result:
    """What a fault run came to."""

    published: int
    acts: dict[str, int]
    seconds_to_rest: float
    evidence: Evidence
    findings: list[Finding]

    @property
    def counts(self) -> dict[Kind, int]:
        return counts(self.findings)


def say(text: str) -> None:
    """Progress, at once."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


async def fault_run(
    stack: Stack,
    *,
    events: int,
    seconds: float,
    chaos: Chaos,
    seed: int,
    rest_s_max: float = 300,
    report: Callable[[str], None] = say,
) -> Result:
    """Load and chaos on a running stack, then the judgement."""
    info = stack.info()
    await fix_answers(info["simulators"]["bureaus"])
    planned = plan(seed, events, seconds)
    publisher = Publisher(info["kafka"])
    every = max(1, len(planned) // 10)

    def progress(number: int) -> None:
        if number % every == 0:
            report(f"{number} of {len(planned)} events published")

    publishing = asyncio.to_thread(publish_paced, publisher, planned, progress)
    trouble = cause(stack, chaos, seconds, random.Random(seed), report)
    _, acts = await asyncio.gather(publishing, trouble)
    report(f"all {len(publisher.acked_at)} acknowledged; waiting until nothing is left to do")
    rested = await wait_at_rest(stack, rest_s_max)
    ended = datetime.now(UTC)
    report(f"at rest after {rested:.1f} s; collecting")
    evidence = await collect(stack.info(), publisher.acked_at)
    evidence.answers = dict(ANSWERS)
    report("collected; judging and stopping the stack")
    return Result(len(planned), acts, rested, evidence, judge(evidence, ended))


async def fix_answers(bureaus: str) -> None:
    """Tell the bureaus what to say of the families of the load."""
    async with aiohttp.ClientSession() as session:
        for family, answer in ANSWERS.items():
            document = {"provider": "*", "family": family, "answer": answer}
            async with session.post(f"{bureaus}/answers", json=document) as response:
                response.raise_for_status()


def show(result: Result, report: Callable[[str], None] = say) -> None:
    """The table at the end, and the first findings of each kind."""
    evidence = result.evidence
    messages = Counter(one.kind for one in read_outputs(evidence.outputs).messages)
    rows = [
        ("events published", result.published),
        ("inputs in the log", len(evidence.inputs)),
        ("dead letters", len(evidence.dead_letters)),
        ("outputs", len(evidence.outputs)),
        ("reminders asked for", messages["reminder"]),
        ("thank-yous asked for", messages["thank_you"]),
        ("messages at the gateways", len(evidence.received)),
        ("rows compared", len(evidence.customers) + len(evidence.applications)),
        ("mail with unknown outcome", len(evidence.unknown)),
        *result.acts.items(),
        ("seconds until at rest", round(result.seconds_to_rest, 1)),
        *result.counts.items(),
    ]
    for name, value in rows:
        report(f"  {name:<28} {value:>8}")
    for kind in result.counts:
        found = [one for one in result.findings if one.kind == kind]
        for one in found[:SHOWN_MAX]:
            report(f"{kind}: {one.subject}: {one.detail}")
        if len(found) > SHOWN_MAX:
            report(f"{kind}: {len(found) - SHOWN_MAX} more")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when all four counts are zero."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=270, help="how long the load lasts")
    parser.add_argument("--kills", type=int, default=20, help="kill -9 of workers")
    parser.add_argument("--dispatchers", type=int, default=3)
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--stops", type=int, default=3, help="SIGSTOP beyond the session")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    chosen = parser.parse_args(arguments)
    say(f"seed {chosen.seed}; starting the stack")
    chaos = Chaos(chosen.kills, chosen.dispatchers, chosen.brokers, chosen.stops)
    with running_stack("--no-traffic", "--workers", str(chosen.workers)) as stack:
        run = fault_run(
            stack, events=chosen.events, seconds=chosen.seconds, chaos=chaos, seed=chosen.seed
        )
        result = asyncio.run(run)
    show(result)
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
