"""The race's own judge: it must see each way of being late, and no lateness where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.race.rig import Question
from tests.faults.race.tries import Try
from tests.faults.race.verdict import judge_race

TRY = Try("ann", "ann-f", "ann-p")
ENDS = {"payments": 10, "invoices": 3, "customers": 3, "interactions": 0}
SENT = {"ann-p": 99.98}
DECIDED = {"c|ann|look:EUR": 100.006}
LOOK = Question(asked=100.0, answered=100.004, ends=ENDS, refs=("c|ann|look:EUR",))


def reminder(end: int) -> dict[str, dict[str, Any]]:
    claim = {"topic": "payments", "partition": 2, "end_offset": end}
    return {"ann": {"last_look": [claim]}}


def acked(at: float, offset: int) -> dict[str, tuple[float, int, int]]:
    return {"ann-p": (at, 2, offset), "ann-f": (99.9, 2, 5)}


def test_a_payment_after_the_look_may_be_reminded_of() -> None:
    verdict = judge_race([TRY], acked(100.01, 10), [LOOK], reminder(10), DECIDED, SENT)
    assert (verdict.reminded, verdict.violations) == (1, 0)
    assert verdict.within_20_ms == 1


def test_a_payment_before_the_look_may_win() -> None:
    verdict = judge_race([TRY], acked(99.99, 9), [LOOK], {}, DECIDED, SENT)
    assert (verdict.payment_won, verdict.violations) == (1, 0)


@pytest.mark.parametrize("at", [99.99, 100.002])
def test_a_reminder_that_had_read_the_payment_is_late(at: float) -> None:
    verdict = judge_race([TRY], acked(at, 9), [LOOK], reminder(10), DECIDED, SENT)
    assert verdict.late_by_offset == ["ann"]


def test_a_look_that_claims_less_than_was_acknowledged_is_seen() -> None:
    verdict = judge_race([TRY], acked(99.9, 9), [LOOK], reminder(9), DECIDED, SENT)
    assert verdict.late_by_time == verdict.short_looks == ["ann"]
    assert verdict.late_by_offset == []


def test_a_reminder_without_a_look_is_seen() -> None:
    assert judge_race([TRY], acked(100.0, 10), [], reminder(10), {}, SENT).short_looks == ["ann"]


def test_silence_decided_before_the_payment_is_a_lost_reminder() -> None:
    def lost(sent_at: float) -> list[str]:
        """However late the acknowledgement is heard."""
        sent = {"ann-p": sent_at}
        return judge_race([TRY], acked(109.9, 10), [LOOK], {}, DECIDED, sent).lost

    assert lost(100.007) == ["ann"]
    assert lost(100.005) == []


def test_silence_that_nobody_decided_is_a_lost_reminder() -> None:
    """Unless the payment came before any look would have."""
    bob = Try("bob", "bob-f", "bob-p")

    def lost(paid_at: float) -> list[str]:
        places = {"bob-f": (100.0, 2, 6), "bob-p": (paid_at, 2, 11), **acked(99.99, 9)}
        sent = {**SENT, "bob-p": paid_at}
        return judge_race([TRY, bob], places, [LOOK], {}, DECIDED, sent).lost

    assert lost(100.05) == []
    assert lost(100.2) == ["bob"]
