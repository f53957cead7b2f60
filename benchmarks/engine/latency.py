"""Visible latency at 1,000 events a second, and the same with 24 partitions on one worker."""

from __future__ import annotations

from typing import Any

from benchmarks.engine.bench import RUN_FAILURES, Bench
from benchmarks.engine.broker import create_job_topics, forget
from benchmarks.engine.judge import judge
from benchmarks.engine.paced import WARM_UP_S, paced_plan, percentile, play, wanted_of
from benchmarks.engine.results import median_line, say
from benchmarks.engine.systems import DUNNOCK, QUIX_EOS, STREAMS_EOS, Run
from benchmarks.engine.throughput import warm_up_streams
from benchmarks.engine.usage import cpu_s, rss_peak_mb

LATENCY = "latency"
PARTITIONS = "partitions"
SEED = 20_260_402
LATENCY_PARTITIONS = 4
MANY_PARTITIONS = 24
MEASURED_S = 12.0
#: How often the peers commit, as the goals name it.
COMMITS_MS = {DUNNOCK: 1_000, QUIX_EOS: 50, STREAMS_EOS: 20}


def bench(at: Bench) -> None:
    """Interleaved rounds; a line for p50 and one for p99 of each system."""
    systems = [one for one in COMMITS_MS if one in at.systems]
    if STREAMS_EOS in systems:
        warm_up_streams(at)
    rounds: dict[str, list[dict[str, Any]]] = {one: [] for one in systems}
    for number in at.numbers:
        for system in systems:
            found = one_run(at, system, LATENCY_PARTITIONS)
            say(f"latency round {number} {system}: {found}")
            if number > 0:
                rounds[system].append(found)
    for system in systems:
        for share in ("p50", "p99"):
            chosen = [{**one, "value": one.get(f"{share}_ms")} for one in rounds[system]]
            at.results.add(median_line(f"{LATENCY}-{share}", system, "ms", chosen))


def bench_partitions(at: Bench) -> None:
    """p99 of one worker of ours that has 24 partitions."""
    rounds = []
    for number in at.numbers:
        found = one_run(at, DUNNOCK, MANY_PARTITIONS)
        say(f"partitions round {number}: {found}")
        if number > 0:
            rounds.append({**found, "value": found.get("p99_ms")})
    at.results.add(median_line(PARTITIONS, DUNNOCK, "ms p99", rounds))


def one_run(at: Bench, system: str, partitions: int) -> dict[str, Any]:
    """Play the paced load once; percentiles of what came after the warm-up."""
    run = at.run(system, partitions, commit_ms=COMMITS_MS[system])
    try:
        return _one_run(at, run, system)
    except RUN_FAILURES as why:
        return {"correct": False, "why": f"{type(why).__name__}: {why}"}


def _one_run(at: Bench, run: Run, system: str) -> dict[str, Any]:
    plan = paced_plan(WARM_UP_S + (5.0 if at.quick else MEASURED_S), SEED)
    create_job_topics(run.broker, run.prefix, run.partitions)
    with at.systems_running.running(system, run) as started:
        before = cpu_s(started.pid)
        samples = play(run, started, plan, SEED)
        used, memory = cpu_s(started.pid) - before, rss_peak_mb(started.pid)
    verdict = judge(system, run, wanted_of(SEED, plan))
    forget(run.broker, run.prefix)
    measured = [sample.took_ms for sample in samples if sample.at_s >= WARM_UP_S]
    if not measured:
        return {"correct": False, "why": "no output was seen in time"}
    return {
        "p50_ms": percentile(measured, 0.5),
        "p99_ms": percentile(measured, 0.99),
        "longest_ms": max(measured),
        "outputs": len(measured),
        "correct": verdict.correct,
        **({} if verdict.correct else {"verdict": str(verdict)}),
        "cpu_s": used,
        "rss_mb": memory,
    }
