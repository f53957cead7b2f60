"""The goals of the engine as judgements over result lines. What was not measured does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from benchmarks.engine.results import Line, find
from benchmarks.engine.systems import DUNNOCK, FAUST, QUIX_EOS, STREAMS_EOS

SIX_MILLION_RSS_MB = 1024


@dataclass(frozen=True, slots=True)
class Judged:
    """One goal. `holds` None: it could not be judged, and `why` says what is missing."""

    ours: float | None
    peer: float | None
    ratio: float | None
    holds: bool | None
    why: str = ""


class Missing(Exception):
    """A line that a goal needs is not there, has no value, or is a peer's that is wrong."""


class Wrong(Exception):
    """Ours computed something wrong: whatever its figures are, no goal holds with them."""


def goal_lines(lines: Iterable[Line]) -> list[Line]:
    """A line for each goal, in the issue's order."""
    measured = list(lines)
    quick = any(line.get("quick") for line in measured)
    found = []
    for goal, (wanted, judge) in GOALS.items():
        try:
            judged = judge(measured)
            if quick:
                judged = replace(judged, holds=None, why="a quick run judges nothing")
        except Missing as missing:
            judged = Judged(None, None, None, None, str(missing))
        except Wrong as wrong:
            judged = Judged(None, None, None, holds=False, why=str(wrong))
        line: Line = {
            "goal": goal,
            "ours": judged.ours,
            "peer": judged.peer,
            "ratio": None if judged.ratio is None else round(judged.ratio, 3),
            "wanted": wanted,
            "holds": judged.holds,
        }
        found.append({**line, "why": judged.why} if judged.why else line)
    return found


def _value(lines: list[Line], bench: str, system: str, key: str = "value") -> float:
    """A figure. What computed it must have been right."""
    line = find(lines, bench, system)
    if line is None:
        raise Missing(f"{bench} of {system} was not measured")
    if line.get(key) is None:
        raise Missing(f"{bench} of {system} came to no result: {line.get('why', 'see its rounds')}")
    if not line["correct"]:
        problem = Wrong if system.startswith(DUNNOCK) else Missing
        raise problem(f"{bench} of {system} was not correct in every round")
    return float(line[key])


def _throughput(peer: str, wanted: float) -> Callable[[list[Line]], Judged]:
    def judge(lines: list[Line]) -> Judged:
        ours = _value(lines, "throughput", DUNNOCK)
        other = _value(lines, "throughput", peer)
        return Judged(ours, other, ours / other, ours / other >= wanted)

    return judge


def _latency(share: str, limit_ms: float) -> Callable[[list[Line]], Judged]:
    """Held against Quix; Kafka Streams is the stretch and is told beside it."""

    def judge(lines: list[Line]) -> Judged:
        ours = _value(lines, f"latency-{share}", DUNNOCK)
        try:
            stretch = _value(lines, f"latency-{share}", STREAMS_EOS)
            why = f"stretch, Kafka Streams: {stretch} ms, {'ahead' if ours < stretch else 'behind'}"
        except Missing as missing:
            why = f"stretch: {missing}"
        other = _value(lines, f"latency-{share}", QUIX_EOS)
        return Judged(ours, other, other / ours, ours < limit_ms and ours < other, why)

    return judge


def _recovery(lines: list[Line]) -> Judged:
    ours = _value(lines, "recovery", DUNNOCK)
    other = _value(lines, "recovery", FAUST)
    return Judged(ours, other, ours / other, ours >= 150_000 and ours / other >= 30)


def _six_million(lines: list[Line]) -> Judged:
    ours = _value(lines, "recovery-6m", DUNNOCK)
    memory = _value(lines, "recovery-6m", DUNNOCK, "rss_mb")
    rows = _value(lines, "recovery-6m", DUNNOCK, "rows")
    if rows != 6_000_000:
        raise Missing(f"measured with {rows:.0f} rows only")
    holds = ours < 45 and memory < SIX_MILLION_RSS_MB
    return Judged(ours, None, None, holds, f"{memory:.0f} MiB resident at the most")


def _size(lines: list[Line]) -> Judged:
    small, large, largest = (
        _value(lines, "size", f"{DUNNOCK}-{rows}") for rows in (10_000, 1_000_000, 6_000_000)
    )
    holds = largest / large <= 1.2 and largest / small <= 2
    why = f"{largest / small:.2f} times that with 10,000"
    return Judged(largest, large, largest / large, holds, why)


def _scaling(lines: list[Line]) -> Judged:
    one, two = (_value(lines, "scaling", f"{DUNNOCK}-memory-{count}") for count in (1, 2))
    cpu_one, cpu_two = (_value(lines, "scaling", f"{DUNNOCK}-kafka-{count}") for count in (1, 2))
    holds = two / one >= 1.8 and cpu_two / cpu_one <= 1.15
    why = f"processor time of an event on Kafka: {cpu_two / cpu_one:.2f} times that with one worker"
    return Judged(two, one, two / one, holds, why)


def _partitions(lines: list[Line]) -> Judged:
    ours = _value(lines, "partitions", DUNNOCK)
    return Judged(ours, None, None, ours < 500)


def _timers(lines: list[Line]) -> Judged:
    find_ms = _value(lines, "timers", f"{DUNNOCK}-find")
    pending = _value(lines, "timers", f"{DUNNOCK}-find", "pending")
    held_ms = _value(lines, "timers", f"{DUNNOCK}-drain")
    count = _value(lines, "timers", f"{DUNNOCK}-drain", "timers")
    if pending < 1_000_000 or count < 100_000:
        raise Missing(f"measured with {pending:.0f} pending and {count:.0f} due only")
    why = f"found in {find_ms:.2f} ms"
    return Judged(held_ms, None, None, find_ms < 5 and held_ms < 50, why)


def _fairness(lines: list[Line]) -> Judged:
    even, hot, poison = (
        _value(lines, "fairness", f"{DUNNOCK}-{phase}")
        for phase in ("even", "hot-key", "poison-burst")
    )
    worst = max(hot, poison)
    why = f"hot key {hot / even:.2f}, poison burst {poison / even:.2f} times the p99 without"
    return Judged(worst, even, worst / even, worst / even < 1.2, why)


#: By id: what is wanted in words, and how it is judged. `ratio` is ours by theirs, or theirs by
#: ours where less is better; for size, scaling and fairness the two figures are both ours.
GOALS: dict[str, tuple[str, Callable[[list[Line]], Judged]]] = {
    "throughput": ("at least 2.5 times Quix exactly once", _throughput(QUIX_EOS, 2.5)),
    "throughput-kafka-streams": (
        "at least 1.5 times Kafka Streams exactly once",
        _throughput(STREAMS_EOS, 1.5),
    ),
    "latency-p50": ("under 40 ms and ahead of Quix exactly once", _latency("p50", 40)),
    "latency-p99": ("under 120 ms and ahead of Quix exactly once", _latency("p99", 120)),
    "recovery": ("at least 150,000 rows/s and 30 times stock Faust", _recovery),
    "recovery-6m": ("6,000,000 rows under 45 s and 1 GiB", _six_million),
    "size": ("CPU of an event at most 1.2 times 1,000,000 and 2 times 10,000 customers", _size),
    "scaling": (
        "two workers at least 1.8 times one; on Kafka at most 1.15 times the CPU",
        _scaling,
    ),
    "partitions": ("24 on one worker: p99 under 500 ms at 1,000/s", _partitions),
    "timers": ("due found under 5 ms, the loop never held over 50 ms", _timers),
    "fairness": ("the other partitions' p99 at most 1.2 times as long", _fairness),
}
