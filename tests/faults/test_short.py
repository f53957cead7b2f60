"""The short form of `make faults`, on the whole embedded stack."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.chaos import Chaos
from tests.faults.checker.evidence import Evidence, Kind, counts
from tests.faults.checker.judge import judge
from tests.faults.checker.outputs import read_outputs
from tests.faults.run import SHOWN_MAX, fault_run
from tests.faults.stack import running_stack


def lose(run: Evidence) -> None:
    """A gateway never saw one of the messages that nobody withdrew."""
    withdrawn = read_outputs(run.outputs).withdrawn | run.unknown
    place = next(n for n, one in enumerate(run.received) if one.message_id not in withdrawn)
    del run.received[place]


def double(run: Evidence) -> None:
    run.received.append(run.received[-1])


def spoil_a_row(run: Evidence) -> None:
    row = next(row for row in run.customers.values() if row and row["balance"])
    row["balance"][0]["minor"] += 1


def remind_late(run: Evidence) -> None:
    """A reminder of one who paid later claims that it had read the whole log."""
    payers = {
        json.loads(entry.value or b"{}")["customer_id"]
        for entry in run.inputs
        if entry.header("ce_id") and (entry.header("ce_id") or "").endswith("-pay1-1")
    }
    balances = {name: row["balance"] for name, row in run.customers.items() if row}
    place, entry, data = next(
        (place, entry, data)
        for place, entry in enumerate(run.outputs)
        if entry.topic.startswith("messages.") and b'"reminder"' in (entry.value or b"")
        for data in [json.loads(entry.value or b"{}")]
        if data["customer_id"] in payers and balances.get(data["customer_id"]) == []
    )
    for claim in data["last_look"]:
        claim["end_offset"] = 10**9
    run.outputs[place] = replace(entry, value=json.dumps(data).encode())


DOCTORS: dict[Kind, Callable[[Evidence], None]] = {
    "lost": lose,
    "wrong": spoil_a_row,
    "sent twice": double,
    "reminded after payment": remind_late,
}


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_by_kills_and_a_stop() -> None:
    chaos = Chaos(worker_kills=3, dispatcher_kills=1, broker_kills=0, stops=1, web_kills=0)
    with running_stack("--no-traffic") as stack:
        result = await fault_run(stack, events=2000, seconds=25, chaos=chaos, seed=7)
    assert set(result.counts.values()) == {0}, result.findings[:SHOWN_MAX]
    assert sum(result.acts.values()) == 5
    assert result.evidence.received
    assert result.evidence.dead_letters
    # The same real run, doctored: the checker must see each defect, or its zeros mean nothing.
    for kind, doctor in DOCTORS.items():
        doctored = copy.deepcopy(result.evidence)
        doctor(doctored)
        found = counts(judge(doctored))
        assert {one for one, number in found.items() if number} == {kind}, found
