"""Who won each try, and whether any reminder was decided against the log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.race.rig import Question
from tests.faults.race.tries import Try, customer_of

NEAR_S = 0.02
WIDE_S = 0.2


@dataclass(slots=True)
class Verdict:
    """Both sides of the race. `late` must be empty; the rest shows that it was a race."""

    tries: int = 0
    within_20_ms: int = 0
    within_200_ms: int = 0
    acknowledged_before: int = 0
    acknowledged_after: int = 0
    payment_won: int = 0
    reminded: int = 0
    #: Reminders sent although the payment lay before the end offset that the message claims.
    late_by_offset: list[str] = field(default_factory=list)
    #: Reminders sent although the publisher had the acknowledgement before the look began.
    late_by_time: list[str] = field(default_factory=list)
    #: Looks whose claimed end offset leaves out a payment acknowledged before they asked.
    short_looks: list[str] = field(default_factory=list)
    #: Decided before the payment could be known, and not sent; or never decided at all.
    lost: list[str] = field(default_factory=list)

    @property
    def late(self) -> int:
        """Reminders against the log, whichever way that shows."""
        return len({*self.late_by_offset, *self.late_by_time, *self.short_looks})

    @property
    def violations(self) -> int:
        return self.late + len(self.lost)

    def lines(self) -> list[str]:
        """The table for people."""
        late = len({*self.late_by_offset, *self.late_by_time})
        figures = {
            "tries": self.tries,
            "payment acknowledged within 20 ms of the look": self.within_20_ms,
            "payment acknowledged within 200 ms": self.within_200_ms,
            "acknowledged before the look": self.acknowledged_before,
            "acknowledged after the look": self.acknowledged_after,
            "payment won: no reminder": self.payment_won,
            "reminded, rightly": self.reminded - late,
            "reminded after payment, by offset": len(self.late_by_offset),
            "reminded after payment, by time": len(self.late_by_time),
            "looks that claim less than was there": len(self.short_looks),
            "lost": len(self.lost),
        }
        return [f"{name:<48} {number:>6}" for name, number in figures.items()]


def judge_race(
    tries: Iterable[Try],
    acked: Mapping[str, tuple[float, int, int]],
    questions: Iterable[Question],
    reminders: Mapping[str, Mapping[str, Any]],
    decisions: Mapping[str, float],
    sent: Mapping[str, float],
) -> Verdict:
    """`acked`: ce_id -> (time, partition, offset); `reminders`: customer -> message data.

    `decisions`: look -> when the worker decided it. `sent`: ce_id -> when it was handed to the
    producer; the log may have it long before the acknowledgement is heard.
    """
    tries = list(tries)
    looks: dict[str, Question] = {}
    for question in sorted(questions, key=lambda one: one.asked):
        for ref in question.refs:
            looks[customer_of(ref)] = question  # the last question is the one that counted
    decided = {customer_of(ref): at for ref, at in decisions.items()}
    slowest_s = _slowest(tries, acked, looks)
    verdict = Verdict()
    for one in tries:
        paid_at, partition, offset = acked[one.payment]
        verdict.tries += 1
        look, message = looks.get(one.customer), reminders.get(one.customer)
        if look is not None:
            _measure(verdict, paid_at - look.asked)
        if message is None:
            verdict.payment_won += 1
            latest = decided.get(one.customer, acked[one.failure][0] + slowest_s)
            if sent[one.payment] > latest:
                verdict.lost.append(one.customer)
        else:
            verdict.reminded += 1
            _check_reminder(verdict, one, look, message, paid_at, partition, offset)
    return verdict


def _measure(verdict: Verdict, distance_s: float) -> None:
    verdict.within_20_ms += abs(distance_s) <= NEAR_S
    verdict.within_200_ms += abs(distance_s) <= WIDE_S
    verdict.acknowledged_before += distance_s <= 0
    verdict.acknowledged_after += distance_s > 0


def _slowest(
    tries: Iterable[Try],
    acked: Mapping[str, tuple[float, int, int]],
    looks: Mapping[str, Question],
) -> float:
    """The longest that any look took to come after its failed debit, in seconds.

    So long a payment may have forestalled a look that never came; how long depends on the machine.
    """
    waits = (
        looks[one.customer].answered - acked[one.failure][0]
        for one in tries
        if one.customer in looks
    )
    return max(waits, default=0.0)


def _check_reminder(
    verdict: Verdict,
    one: Try,
    look: Question | None,
    message: Mapping[str, Any],
    paid_at: float,
    partition: int,
    offset: int,
) -> None:
    ends = {
        claim["topic"]: claim["end_offset"]
        for claim in message.get("last_look", ())
        if claim["partition"] == partition
    }
    if offset < ends.get("payments", 0):
        verdict.late_by_offset.append(one.customer)
    if look is None:
        verdict.short_looks.append(one.customer)
        return
    if paid_at < look.asked:
        verdict.late_by_time.append(one.customer)
        if offset >= ends.get("payments", 0):
            verdict.short_looks.append(one.customer)
