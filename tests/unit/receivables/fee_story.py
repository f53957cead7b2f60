"""Stories with fees: somebody in the Netherlands who does not pay, and rules that charge for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.collections.policy import CollectionsPolicy
from domain.events.outputs import FeeStatusChanged
from domain.fees.policy import FeeRule, FeesPolicy
from domain.money import PositiveMoney
from domain.receivables.policy import Charge, ChargeRules
from domain.receivables.state import AllocationRow
from tests.unit.collections.story import CUSTOMER, POLICY, START, Story

WIK = Charge(id="wik", statute="nl-wik")
COSTS_FIRST = AllocationRow(
    valid_from=dt.date(2000, 1, 1), source="BW 6:44", order=("costs", "interest", "principal")
)
PRINCIPAL_FIRST = AllocationRow(
    valid_from=dt.date(2000, 1, 1), source="test", order=("principal", "costs")
)


def charging(*charges: Charge, days_late: int = 5, **changes: Any) -> CollectionsPolicy:
    """The starting rules, with these charges for everybody who is late for so many days."""
    rule = FeeRule(status="charged", days_late_min=days_late, fees=tuple(c.id for c in charges))
    rules = {**POLICY.charges.model_dump(), "charges": charges, **changes}
    return POLICY.model_copy(
        update={
            # Not a copy: that would keep what the starting rules have worked out of themselves.
            "fees": FeesPolicy(
                id="fee-status",
                version=2,
                valid_from=POLICY.fees.valid_from,
                source="test",
                rules=(rule, *POLICY.fees.rules),
            ),
            "charges": ChargeRules.model_validate(rules),
        }
    )


class FeeStory(Story):
    """Starts on Monday 1 June 2026, 11:00 in Amsterdam; letters go by mail unless told."""

    def __init__(self, policy: CollectionsPolicy | None = None) -> None:
        super().__init__(START, charging(WIK) if policy is None else policy)

    def late(self, minor: int = 10_000, due_on: str = "2026-05-29", **fields: Any) -> FeeStory:
        """A customer with one unpaid invoice of a shop: no instalment."""
        fields = {"kind": "purchase", "payment_method": "link", **fields}
        self.customer().invoice("i1", minor, due_on=due_on, **fields)
        return self

    def until_letter(self) -> FeeStory:
        """To the day on which the letter has gone out: due on 29 May, five days late on 3 June."""
        for _ in range(60):
            if self.letters:
                return self
            self.wait(hours=12)
        raise AssertionError("no letter went out")

    def delivered(self, at: str, index: int = -1) -> FeeStory:
        """The proof of receipt arrives at the moment it speaks of."""
        letter = self.letters[index]
        self.until(dt.datetime.fromisoformat(at))
        self.receipt("message.delivered.v1", letter.message_id, letter.channel, at=at)
        return self

    def pay(self, minor: int, at: str, payment_id: str = "p1", **fields: Any) -> FeeStory:
        """Money, received and told at `at`."""
        self.until(max(self.now, dt.datetime.fromisoformat(at)))
        self.payment(payment_id, minor, received_at=at, **fields)
        return self

    def waive(self, fee_id: str = "", **fields: Any) -> FeeStory:
        """Anna waives the (only) fee, Bert approves."""
        self.tell(
            "fee.waived.v1",
            {
                "customer_id": CUSTOMER,
                "at": self.now.isoformat(),
                "by": "anna",
                "approved_by": "bert",
                "reason": "promised on the phone",
                "fee_id": fee_id or self.fees[0]["fee_id"],
            }
            | fields,
        )
        return self

    @property
    def letters(self) -> list[Any]:
        """Fourteen-day letters that went out."""
        return [one for one in self.messages("notice") if one.notice == "fourteen_day_letter"]

    @property
    def fees(self) -> list[dict[str, Any]]:
        """As people see them."""
        found: list[dict[str, Any]] = self.view.get("fees", [])
        return found

    @property
    def letter(self) -> dict[str, Any]:
        """The only letter, as people see it."""
        [found] = self.view["fee_letters"]
        assert isinstance(found, dict)
        return found

    @property
    def amounts(self) -> list[tuple[str, int]]:
        """State and amount of each fee."""
        return [(fee["state"], fee["amount"]["minor"]) for fee in self.fees]

    @property
    def balance(self) -> int:
        """Open debt in euro cents."""
        return sum(money["minor"] for money in self.view["balance"])

    @property
    def fee_events(self) -> list[list[tuple[str, int]]]:
        """`fees` of each `fee-status.changed.v1`."""
        found = [one.data for one in self.published("fee-status.changed.v1")]
        return [
            [(fee.invoice_id, fee.amount.minor) for fee in one.fees]
            for one in found
            if isinstance(one, FeeStatusChanged)
        ]


def flat(charge_id: str, statute: str, minor: int, currency: str = "EUR") -> Charge:
    """A charge of a fixed amount."""
    return Charge(id=charge_id, statute=statute, flat=PositiveMoney(minor=minor, currency=currency))
