"""A small run of `make bench-engine`: dunnock alone, judged in full, lines as documented."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.engine import throughput
from benchmarks.engine.bench import Bench
from benchmarks.engine.broker import Broker
from benchmarks.engine.goals import GOALS, goal_lines
from benchmarks.engine.job import SOURCES, fold
from benchmarks.engine.results import Results
from benchmarks.engine.systems import DUNNOCK, Systems

EVENTS = 2_000
IDS = [
    "throughput",
    "throughput-kafka-streams",
    "latency-p50",
    "latency-p99",
    "recovery",
    "recovery-6m",
    "size",
    "scaling",
    "partitions",
    "timers",
    "fairness",
]


def test_rows_outputs_and_lines(
    kafka: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every final row and output is the reference fold's; nothing that was not measured holds."""
    with Systems() as systems:
        at = Bench(
            broker=Broker(kafka, os.getpid()),  # whose processor time is not looked at here
            directory=tmp_path,
            systems=frozenset({DUNNOCK}),
            systems_running=systems,
            results=Results(),
            rounds=1,
            discarded=0,
            events=EVENTS,
            quick=True,
        )
        throughput.bench(at)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert {"bench", "system", "value", "unit", "correct"} <= line.keys()
    assert (line["bench"], line["system"], line["unit"]) == ("throughput", DUNNOCK, "events/s")
    assert line["correct"] is True, line
    assert line["value"] > 0
    _assert_goals(goal_lines(at.results.lines))


def _assert_goals(goals: list[dict[str, object]]) -> None:
    assert [goal["goal"] for goal in goals] == IDS == list(GOALS)
    for goal in goals:
        assert {"goal", "ours", "peer", "ratio", "wanted", "holds"} <= goal.keys()
        assert goal["holds"] is None
        assert goal["why"]


def test_a_wrong_result_of_ours_holds_no_goal() -> None:
    fast = {"bench": "throughput", "value": 1e9, "correct": False, "unit": "events/s"}
    right = {**fast, "value": 1.0, "correct": True}
    lines = [{**fast, "system": DUNNOCK}, {**right, "system": "quix-eos"}]
    assert goal_lines(lines)[0]["holds"] is False


def test_the_judge_sees_a_loss_a_double_and_a_wrong_order() -> None:
    """The chains in a row: any of the three gives another row."""
    load = throughput.Loads().of(EVENTS)[0]
    often, _ = Counter((event.key, event.topic) for event in load).most_common(1)[0]
    same = [event for event in load if (event.key, event.topic) == often]
    first, second, *_ = (event.value for event in same)
    right = _folded(first, second)
    others = [_folded(first), _folded(first, first, second), _folded(second, first)]
    assert right not in others
    assert {event.topic for event in load} == set(SOURCES)
    assert {len(event.value) for event in load} == {200}


def _folded(*values: bytes) -> bytes | None:
    row: bytes | None = None
    for value in values:
        row, _ = fold(row, value)
    return row
