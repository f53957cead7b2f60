"""Whatever happens to a customer, no rule is broken and nothing that is owed gets stuck."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.collections import rules as collections
from domain.collections.channels import is_allowed
from domain.collections.ledger import compute
from domain.collections.work import Work
from domain.events.outputs import MessageRequested
from tests.unit.collections.story import START, Story, customer

FLAGS = [(), (), (), ("dispute",), ("deceased",), ("vulnerable", "represented")]
QUIET = [None, None, {"from": "20:00", "to": "10:00"}, {"from": "12:00", "to": "14:00"}]
ZONES = ["Europe/Amsterdam", "Pacific/Auckland", "America/New_York"]
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "profile",
                "invoice",
                "failed",
                "payment",
                "reversal",
                "lost",
                "arrived",
                "clicked",
                "opt_out",
                "look",
            ]
        ),
        st.integers(0, 10**6),
        st.integers(0, 200),
    ),
    min_size=3,
    max_size=14,
)


class Life(Story):
    """A story whose every message is judged at the moment it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.judged = 0

    def live(self, what: str, n: int) -> None:
        """One thing that happens; `n` picks which."""
        match what:
            case "profile":
                preferences = {"channels": ["email", "sms"][: 1 + n % 2]}
                if QUIET[n % 4]:
                    preferences["quiet_hours"] = QUIET[n % 4]  # type: ignore[assignment]
                self.customer(flags=FLAGS[n % 6], preferences=preferences, timezone=ZONES[n % 3])
            case "invoice":
                due = START.date() + dt.timedelta(days=n % 30 - 10)
                method = ["direct_debit", "link"][n % 2]
                self.invoice(f"i{n % 4}", due_on=str(due), payment_method=method)
            case "failed":
                self.failed(f"i{n % 4}", ["AM04", "AG02", "MD01"][n % 3], attempt=1 + n % 5)
            case "payment":
                method = ["link", "transfer", "direct_debit"][n % 3]
                self.payment(
                    f"p{n % 5}", 1000 + n % 9000, method=method, provisional=n % 7 == 0,
                    received_at=self.now.isoformat(),
                )  # fmt: skip
            case "reversal":
                self.reversal(f"p{n % 5}", 1 + n % 5000)
            case "look":
                self.holds_looks = n % 2 == 0
            case _:
                self._hear(what, n)

    def _hear(self, what: str, n: int) -> None:
        """What comes back over a channel."""
        match what:
            case "lost":
                self._lose(n)
            case "arrived":
                messages = self.messages()
                if messages:
                    self.receipt("message.delivered.v1", messages[n % len(messages)].message_id)
            case "clicked":
                self.receipt("link.clicked.v1")
            case "opt_out":
                at = self.now.isoformat()
                self.receipt("contact.opted-out.v1", channel=["sms", "email"][n % 2], at=at)

    def _lose(self, n: int) -> None:
        messages = self.messages()
        if messages:
            state = ["failed", "unknown", "expired"][n % 3]
            message_id = messages[n % len(messages)].message_id
            self.receipt("message.failed.v1", message_id, detail={"state": state})

    def _take(self, *outcome: Any) -> None:
        super()._take(*outcome)
        self._is_concluded()
        messages = self.messages()
        for message in messages[self.judged :]:
            self._judge(message)
        self.judged = len(messages)

    def _is_concluded(self) -> None:
        """Whatever was skipped because nothing seemed to follow from it: nothing did."""
        if self.state is not None:
            again = Work(self.state, self.policy, self.now)
            assert collections.conclude(again) == (self.state, [])

    def _judge(self, message: MessageRequested) -> None:
        state = self.state
        assert state is not None
        assert state.profile is not None
        assert message.requested_at == self.now < message.not_after
        flags = set(state.profile.facts.flags)
        if message.kind == "reminder":
            assert not flags
            assert is_allowed(state, message.channel, "collection")
            ledger = compute(state)
            assert message.invoice_ids
            assert all(ledger.open[key] for key in message.invoice_ids)
            assert "EUR" not in ledger.provisional
            assert message.last_look
        else:
            assert not flags & {"deceased", "cease_contact", "represented"}
            assert is_allowed(state, message.channel, "service")


@given(steps=_STEPS)
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_any_life(steps: list[tuple[str, int, int]]) -> None:
    life = Life()
    life.owing().invoice("i2", payment_method="link", due_on="2026-06-03")
    for what, n, hours in steps:
        life.live(what, n)
        life.wait(hours=hours)
    life.holds_looks = False
    life.decide_looks()
    ids = [one.message_id for one in life.messages()]
    assert len(ids) == len(set(ids))
    _nothing_is_stuck(life)


def _nothing_is_stuck(life: Life) -> None:
    """With every obstacle gone, what is open and may be chased is on its way or fully reminded."""
    life.tell("customer.updated.v1", customer(preferences=None), time=life.now)
    life.wait(days=40)
    assert life.state is not None
    for chase in life.state.chases.values():
        assert chase.first_sent_at is not None or life.state.not_sent
        assert chase.step is None or chase.step.status == "held"
        if chase.step is not None:
            assert chase.step.because in {"no_channel", "provisional_payment"}
