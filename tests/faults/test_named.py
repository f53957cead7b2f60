"""The registry holds every fault that was asked for; a bad result can't pass as a good one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from tests.faults.checker.evidence import Entry
from tests.faults.checker.judge import _as_it_came
from tests.faults.named import report, results
from tests.faults.named.asked import ASKED
from tests.faults.named.catalogue import FAULTS
from tests.faults.named.lookrace import RACE
from tests.faults.named.results import Result
from tests.faults.named.watch import Watch

GOOD = Result(
    fault="worker-kill",
    at="2026-11-22T08:00:00Z",
    commit="abc",
    full=True,
    ran="600 s at 50 events/s, 50 times",
    seed=1,
    events=30_000,
    lost=0,
    wrong=0,
    sent_twice=0,
    reminded_after_payment=0,
    seconds_to_lag_zero=0.4,
    figures={"its first event, longest s": 3.1},
    versions={"kafka": "4.1.0"},
    machine="2 cores",
)


def test_every_fault_that_was_asked_for_can_be_run() -> None:
    assert sorted([*FAULTS, RACE]) == sorted(ASKED)


def test_each_fault_does_something() -> None:
    from tests.faults.load import plan
    from tests.faults.named.registry import nothing

    idle = [one.name for one in FAULTS.values() if one.act is nothing and one.load is plan]
    assert idle == ["soak"]


@pytest.mark.parametrize(
    "doctored",
    [
        {"lost": 1},
        {"wrong": 1},
        {"sent_twice": 1},
        {"reminded_after_payment": 1},
        {"seconds_to_lag_zero": None},
        {"failed": ["somebody takes over"]},
    ],
)
def test_a_bad_result_is_told(doctored: dict[str, Any], tmp_path: Path) -> None:
    """A later good run in a shorter form does not hide it either."""
    place, out = tmp_path / "results.jsonl", tmp_path / "report.md"
    words = ["--results", str(place), "--out", str(out)]
    results.append(GOOD, place)
    assert report.main(words) == 0
    assert "NOT GOOD" not in out.read_text()
    results.append(replace(GOOD, **doctored), place)
    results.append(replace(GOOD, full=False), place)
    assert report.main(words) == 1
    assert "NOT GOOD" in out.read_text()
    results.append(GOOD, place)
    assert report.main(words) == 0


def test_a_missed_aim_is_told() -> None:
    late = replace(GOOD, figures={"its first event, longest s": 9.2})
    assert report.verdict(GOOD) == "good"
    assert report.verdict(late) == "good, **aim of 5 s missed**"


def test_what_was_not_run_is_named(tmp_path: Path) -> None:
    place = tmp_path / "results.jsonl"
    results.append(replace(GOOD, full=False), place)
    text = report.written(results.read(place))
    assert f"1 of {len(ASKED)} faults were measured" in text
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert set(rows) == set(ASKED)
    assert "shorter than asked for" in rows["worker-kill"]
    assert all("not measured" in rows[name] for name in ASKED if name != "worker-kill")


@pytest.mark.parametrize(
    ("value", "said", "right"),
    [
        (b"x" * 1_000_000, b"8000100", True),
        (b"x" * 1_000_000, b"1000100", False),
        (b"y" * 1_000_000, b"8000100", False),
    ],
)
def test_a_letter_that_was_cut_says_how_large_it_was(
    value: bytes, said: bytes, right: bool
) -> None:
    record = Entry("payments", 0, 1, b"key", b"x" * 8_000_000)
    letter = Entry("dead-letters", 0, 1, b"key", value, (("dl_cut", said),))
    assert _as_it_came(letter, record) is right
    small = replace(record, value=b"x" * 1_000_001)
    assert not _as_it_came(letter, small)


def test_the_results_file_can_be_read() -> None:
    assert {one.fault for one in results.read()} <= set(ASKED)


def test_a_standstill_is_measured_only_where_there_is_work() -> None:
    ends = {("payments", 0): 10, ("payments", 1): 5}
    watch = Watch("", lambda: ends, dict, 2)

    def at(now: float, first: int, second: int) -> None:
        found = [TopicPartition("payments", 0, first), TopicPartition("payments", 1, second)]
        watch.look(now, found, ends)

    at(100.0, 1, 5)
    at(101.0, 2, 5)
    watch.await_backlog()
    at(104.5, 2, 5)
    assert watch.longest() == {0: 3.5}
    at(107.0, 3, 5)
    assert watch.backlog_s is None
    at(107.2, 10, 5)
    assert watch.backlog_s is not None
    assert [(one.partition, one.seconds) for one in watch.stalls] == [(0, 1.0), (0, 6.0)]
    assert watch.longest() == {0: 6.0}
    assert watch.longest(100.5, 102.0) == {0: 1.0}
    assert watch.back_after(101.5, [0, 1]) == [5.5]
