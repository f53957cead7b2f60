"""Whatever happens to a debtor: never collected twice, nor for too much, nor unannounced."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import is_target_day, local_date
from domain.collections.ledger import compute
from domain.collections.rules import conclude
from domain.collections.work import Work
from domain.debits.coverage import under_way
from domain.effects import Publish
from domain.events.debits import DirectDebitCancelled, DirectDebitRequested
from domain.events.outputs import MessageRequested
from tests.unit.collections.story import POLICY, Story, eur
from tests.unit.debits.debtors import IBAN, act, rules, signed

CODES = ["AM04", "AM04", "MS03", "AG02", "MD01", "MD06", "AC04", "0000"]
FLAGS: list[tuple[str, ...]] = [(), (), (), ("dispute",), ("moratorium",)]
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "profile", "invoice", "failed", "answer", "answer", "payment", "debit", "reversal",
                "link", "signed", "revoked", "hold", "look", "wait",
            ]
        ),
        st.integers(0, 10**6),
        st.integers(0, 500),
    ),
    min_size=3,
    max_size=16,
)  # fmt: skip


class Debtor(Story):
    """A story whose every collection and reminder is judged at the moment it is asked for."""

    def __init__(self, prenotification_days: int) -> None:
        numbers = {"prenotification_days": prenotification_days}
        switched_on = rules(numbers=numbers, asks_new_mandate=True, corrects_thanks=True)
        super().__init__(policy=POLICY.model_copy(update={"retries": switched_on}))
        self.days, self.judged = prenotification_days, 0

    def live(self, what: str, n: int) -> None:  # noqa: C901 - one line for each event
        """One thing that happens; `n` picks which."""
        key, at = f"i{n % 3}", self.now.isoformat()
        match what:
            case "profile":
                self.customer(flags=FLAGS[n % 5])
            case "invoice":
                self.invoice(key, 1000 + n % 3 * 777, mandate_id="M-1")
            case "failed":
                self.failed(key, CODES[n % 8], attempt=1 + n % 3, failed_at="2026-06-01T08:00:00Z")
            case "answer":
                self._answer(n, at)
            case "payment":
                self.payment(f"p{n % 5}", 100 + n % 3000, received_at=at, provisional=n % 5 == 0)
            case "debit":
                self.payment(f"e2e-{key}", 1000, received_at=at, method="direct_debit")
            case "reversal":
                self.reversal(f"p{n % 5}", 1 + n % 2000)
            case "link":
                act(self, "link-payment.started.v1", payment_id=f"p{n % 5}", amount=eur(100))
            case "signed":
                signed(self, f"M-{n % 3}", signed_on=str(self.now.date()), iban=IBAN)
            case "revoked":
                act(self, "mandate.revoked.v1", mandate_id=f"M-{n % 3}")
            case "hold":
                act(self, "hold.placed.v1", hold_id=f"h{n}", until=str(self.now.date()))
            case "look":
                self.holds_looks = n % 2 == 0

    def _answer(self, n: int, at: str) -> None:
        """The bank's word on one of our collections: money, or a return."""
        debits = [one.data for one in self.published("direct-debit.requested.v1")]
        if not debits:
            return
        debit = debits[n % len(debits)]
        assert isinstance(debit, DirectDebitRequested)
        if n % 3:
            amount, key = debit.amount.minor, debit.collection_id
            self.payment(key, amount, received_at=at, method="direct_debit")
        else:
            self.failed(
                debit.invoice_id, CODES[n % 8], collection_id=debit.collection_id,
                attempt=debit.attempt, amount=debit.amount.model_dump(), failed_at=at,
            )  # fmt: skip

    def _take(self, *outcome: Any) -> None:
        before = self.state
        state, effects = outcome
        for one in effects:
            if isinstance(one, Publish):
                self._judge(before, state, one.data)
        again = Work(state, self.policy, self.now)
        assert conclude(again) == (state, []), "concluding twice adds nothing"
        super()._take(*outcome)

    def _judge(self, before: Any, state: Any, data: Any) -> None:
        match data:
            case DirectDebitRequested():
                self.judged += 1
                self._judge_request(before, state, data)
            case DirectDebitCancelled(collection_id=key):
                assert self.now < state.debits.collections[key].cancellable_until
            case MessageRequested(kind="reminder", invoice_ids=named):
                assert not set(named) & set(under_way(before.debits)) & set(under_way(state.debits))

    def _judge_request(self, before: Any, state: Any, debit: DirectDebitRequested) -> None:
        ledger = compute(state)
        assert debit.amount.minor == ledger.open[debit.invoice_id] > 0
        assert "EUR" not in ledger.provisional
        assert debit.invoice_id not in under_way(before.debits)
        assert debit.collection_id not in before.debits.collections
        assert not state.profile.facts.flags
        assert state.debits.mandates[debit.mandate_id].state == "active"
        assert self.now < debit.cancellable_until
        assert is_target_day(debit.collect_on)
        assert debit.last_look
        if self.days:
            told = [
                key
                for key, notice in before.notices.sent.items()
                if f"{debit.collection_id}|{debit.collect_on}|{debit.mandate_id}|" in key
                and int(key.rpartition("|")[2]) >= debit.amount.minor
                and local_date(notice.at, "Europe/Berlin") + dt.timedelta(days=self.days)
                <= debit.collect_on
            ]
            assert told


#: How many collections all the lives together saw: a test of nothing would pass as well.
_seen: list[int] = []


@given(steps=_STEPS, days=st.sampled_from([0, 0, 14]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def _any_debtor(steps: list[tuple[str, int, int]], days: int) -> None:
    life = Debtor(days)
    signed(life.customer(), "M-1").invoice("i1", mandate_id="M-1").failed("i1")
    for what, n, hours in steps:
        life.live(what, n)
        life.wait(hours=hours)
    life.holds_looks = False
    life.decide_looks()
    life.customer().wait(days=60)
    assert life.state is not None
    ids = [one.event_id for one in life.published("direct-debit.requested.v1")]
    assert len(ids) == len(set(ids))
    for plan in life.state.debits.plans.values():
        assert plan.status == "blocked", "nothing that is planned gets stuck"
    _seen.append(life.judged)


def test_any_debtor() -> None:
    """Random lives; together they must have asked for many collections."""
    _seen.clear()
    _any_debtor()
    assert sum(_seen) > 30
