"""Two workers beside one: on the in-memory log, a core each; on Kafka, what an event costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.engine.bench import RUN_FAILURES, Bench
from benchmarks.engine.broker import create_job_topics, forget, load
from benchmarks.engine.events import Event, Expected, expected, zipf_events
from benchmarks.engine.judge import judge
from benchmarks.engine.paced import wait_committed
from benchmarks.engine.results import median_line, say
from benchmarks.engine.systems import DUNNOCK, ROOT, Run, Started, wait_ready
from benchmarks.engine.usage import cpu_s

NAME = "scaling"
SEED = 20_260_405
PARTITIONS = 8
MEMORY_LIMIT_S = 180.0
BALANCED_S = 60.0
KAFKA_EVENTS = 100_000


def bench(at: Bench) -> None:
    """Rounds of one and two workers, interleaved; the first is thrown away."""
    memory: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    kafka: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    count = 10_000 if at.quick else KAFKA_EVENTS
    events = zipf_events(count, SEED)
    wanted = expected(events)
    for number in at.numbers:
        for workers in (1, 2):
            on_memory = _on_memory(workers, count)
            on_kafka = _on_kafka(at, workers, events, wanted)
            say(f"scaling round {number} {workers} workers: {on_memory} {on_kafka}")
            if number > 0:
                memory[workers].append(on_memory)
                kafka[workers].append(on_kafka)
    for workers in (1, 2):
        name = f"{DUNNOCK}-memory-{workers}"
        at.results.add(median_line(NAME, name, "events/s", memory[workers]))
    for workers in (1, 2):
        line = median_line(
            NAME, f"{DUNNOCK}-kafka-{workers}", "CPU ms per 1,000 events", kafka[workers]
        )
        at.results.add(line)


def _on_memory(workers: int, count: int) -> dict[str, Any]:
    """From the first start to the last end, over all events."""
    cores = sorted(os.sched_getaffinity(0))[:workers]
    if len(cores) < workers:
        return {"value": None, "correct": False, "why": "there is one core only"}
    with ExitStack() as stack:
        processes = []
        for worker, core in enumerate(cores):
            arguments = (str(core), str(worker), str(workers), str(count))
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.engine.memory_run", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
                text=True,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            processes.append(process)
        for process in processes:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                return {"value": None, "correct": False, "why": "a worker did not start"}
        for process in processes:
            _send_go(process)
        deadline = time.monotonic() + MEMORY_LIMIT_S
        said = [
            process.communicate(timeout=deadline - time.monotonic())[0] for process in processes
        ]
    found = [json.loads(text) for text in said]
    took_s = max(one["ended"] for one in found) - min(one["began"] for one in found)
    return {
        "value": sum(one["events"] for one in found) / took_s,
        "cpu_ms_per_1000": sum(one["cpu_s"] for one in found) / count * 1_000_000,
        "correct": all(one["correct"] for one in found),
    }


def _send_go(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.write("go\n")
        process.stdin.flush()


def _on_kafka(at: Bench, workers: int, events: Sequence[Event], wanted: Expected) -> dict[str, Any]:
    """Processor time of all workers for an event, from the load's first to its last commit."""
    run = at.run(f"{DUNNOCK}-{workers}-workers", PARTITIONS)
    create_job_topics(run.broker, run.prefix, PARTITIONS)
    with ExitStack() as stack:
        started = []
        for number in range(workers):
            one = at.again(run, worker=f"w{number + 1}")
            started.append(stack.enter_context(at.systems_running.running(DUNNOCK, one)))
        try:
            _wait_balanced(run, started)
            before = sum(cpu_s(one.pid) for one in started)
            load(run.broker, run.prefix, events)
            wait_committed(run, started[0], len(events), at.limit_s)
        except RUN_FAILURES as why:
            return {"value": None, "correct": False, "why": str(why)}
        used = sum(cpu_s(one.pid) for one in started) - before
    verdict = judge(DUNNOCK, run, wanted)
    forget(run.broker, run.prefix)
    return {"value": used / len(events) * 1_000_000, "correct": verdict.correct}


def _wait_balanced(run: Run, started: Sequence[Started]) -> None:
    """Until all are ready and each has its share of the partitions."""
    deadline = time.monotonic() + BALANCED_S
    share = run.partitions // len(started)
    while True:
        for one in started:
            wait_ready(one, BALANCED_S)
        shares = [_open_partitions(one) for one in started]
        if shares == [share] * len(started):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"partitions are spread {shares} after {BALANCED_S:.0f} s")
        time.sleep(0.2)


def _open_partitions(started: Started) -> int:
    address = f"http://127.0.0.1:{started.port}/internal/status"
    with urllib.request.urlopen(address, timeout=10) as answer:
        lanes = json.load(answer)["partitions"]
    return sum(bool(lane["open"]) for lane in lanes.values())
