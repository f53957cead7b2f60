"""`make faults NAME=…`: one named fault on the real stack, or several, with their figures.

python -m tests.faults.named.run worker-kill sigstop [--full] [--seconds 600] [--seed 1] [--dry]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dunnock import installation
from tests.faults.named import results
from tests.faults.named.catalogue import FAULTS
from tests.faults.named.caused import caused
from tests.faults.named.lookrace import RACE, last_second_payment
from tests.faults.named.registry import Fault, Size
from tests.faults.run import say

KEPT = Path(".dunnock") / "faults"


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
