"""`make bench-engine`: measures Dunnock's engine beside its peers, and judges what they computed.

python -m benchmarks.engine.run --bench throughput,latency --rounds 3 --events 400000 --quick

JSON lines on stdout, progress on stderr.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.engine import fairness, latency, recovery, scaling, throughput, timers
from benchmarks.engine.bench import Bench
from benchmarks.engine.broker import running_broker
from benchmarks.engine.goals import goal_lines
from benchmarks.engine.machine import machine, merged
from benchmarks.engine.results import Line, Results, not_measured, read_lines, say, write_lines
from benchmarks.engine.systems import (
    DUNNOCK,
    FAUST,
    LOOP,
    QUIX_ALO,
    QUIX_EOS,
    ROOT,
    STREAMS_EOS,
    Systems,
)
from runtime.clock import utc_now

SYSTEMS = (DUNNOCK, LOOP, QUIX_EOS, QUIX_ALO, STREAMS_EOS, FAUST)
BENCHES: dict[str, Callable[[Bench], None]] = {
    throughput.NAME: throughput.bench,
    latency.LATENCY: latency.bench,
    latency.PARTITIONS: latency.bench_partitions,
    fairness.NAME: fairness.bench,
    recovery.NAME: recovery.bench,
    recovery.SIX_MILLION: recovery.bench,
    recovery.SIZE: recovery.bench,
    scaling.NAME: scaling.bench,
    timers.NAME: timers.bench,
}
RAW = ROOT / "docs" / "benchmarks" / "engine.jsonl"
QUICK_RAW = ROOT / ".dunnock" / "bench" / "engine-quick.jsonl"
ROUNDS = 3
#: A bench that hangs all the same ends itself, and all processes it has started.
LIMIT_S = 3600.0
EVENTS = 400_000
QUICK_EVENTS = 60_000


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("--bench", default="", help=f"comma list of {', '.join(BENCHES)}; all")
    made.add_argument("--systems", default="", help=f"comma list of {', '.join(SYSTEMS)}; all")
    made.add_argument("--rounds", type=int, help=f"counted ones, {ROUNDS}")
    made.add_argument("--events", type=int, help=f"of a run of throughput, {EVENTS}")
    made.add_argument("--raw", type=Path, help=f"raw results, {RAW.relative_to(ROOT)}")
    made.add_argument(
        "--quick", action="store_true", help="small counts, one round, none thrown away: a smoke"
    )
    return made


def _chosen(text: str, known: Sequence[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()] or list(known)
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(known)}.")
    return [name for name in known if name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every bench has run to its end, whatever it found."""
    given = parser().parse_args(arguments)
    benches = _chosen(given.bench, list(BENCHES))
    head_at = utc_now().isoformat(timespec="seconds")
    results = Results(at=head_at, **({"quick": True} if given.quick else {}))
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGTERM, _asked_to_end)
    signal.alarm(int(LIMIT_S))
    head = {**machine(head_at), "rounds": given.rounds or (1 if given.quick else ROUNDS)}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dunnock-bench-")))
        at = Bench(
            broker=stack.enter_context(running_broker(directory)),
            directory=directory,
            systems=frozenset(_chosen(given.systems, SYSTEMS)),
            systems_running=stack.enter_context(Systems()),
            results=results,
            rounds=given.rounds or (1 if given.quick else ROUNDS),
            events=given.events or (QUICK_EVENTS if given.quick else EVENTS),
            quick=given.quick,
            discarded=0 if given.quick else 1,
        )
        for measure, names in _measures(benches).items():
            began = time.monotonic()
            try:
                measure(at)
            except Exception as why:  # noqa: BLE001 - the others are to be measured all the same
                say(traceback.format_exc())
                for name in names:
                    results.add(not_measured(name, f"{type(why).__name__}: {why}"))
            _keep(given, [head, *results.lines])
            say(f"{', '.join(names)}: {time.monotonic() - began:.0f} s")
    for line in goal_lines(results.lines):
        results.add(line)
    return 0


def _measures(benches: Sequence[str]) -> dict[Callable[[Bench], None], list[str]]:
    """What is to be called, each once, with the names of the benches it measures."""
    found: dict[Callable[[Bench], None], list[str]] = {}
    for name in benches:
        found.setdefault(BENCHES[name], []).append(name)
    return found


def _too_long(*_: object) -> None:
    raise SystemExit(f"The bench was not done in {LIMIT_S:.0f} s: it ends, with what it has.")


def _asked_to_end(*_: object) -> None:
    raise SystemExit("Ended on request.")  # through every block that has a process or a directory


def _keep(given: argparse.Namespace, lines: list[Line]) -> None:
    """Write the raw results: those of benches that were not run now stay as they were."""
    path = given.raw or (QUICK_RAW if given.quick else RAW)
    write_lines(path, merged(read_lines(path), lines))
    say(f"raw results so far: {path}")


if __name__ == "__main__":
    sys.exit(main())
