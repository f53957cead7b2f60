"""A customer whose debits we collect: the rules switched on, a mandate with an account."""

from __future__ import annotations

from typing import Any

from domain.debits.policy import RetryRules
from domain.debits.state import Collection, Plan
from domain.events.debits import DirectDebitCancelled, DirectDebitRequested, MandateChanged
from tests.unit.collections.story import CUSTOMER, POLICY, Story

IBAN = "NL91ABNA0417164300"


def rules(*, numbers: dict[str, Any] | None = None, **fields: Any) -> RetryRules:
    """The starting rules switched on, without pre-notification unless said otherwise."""
    document = POLICY.retries.model_dump(mode="json")
    document["rows"][0] |= {"prenotification_days": 0} | (numbers or {})
    return RetryRules.model_validate(document | {"enabled": True} | fields)


def story(*, numbers: dict[str, Any] | None = None, **fields: Any) -> Story:
    """A story with retries on."""
    return Story(policy=POLICY.model_copy(update={"retries": rules(numbers=numbers, **fields)}))


def act(told: Story, kind: str, /, **data: Any) -> Story:
    """An action now."""
    return told.tell(
        kind, {"customer_id": CUSTOMER, "at": told.now.isoformat(), "by": "anna"} | data
    )


def signed(told: Story, mandate_id: str = "M-1", **data: Any) -> Story:
    """A mandate with an account, signed long ago."""
    fields = {"mandate_id": mandate_id, "signed_on": "2025-01-10", "iban": IBAN}
    return act(told, "mandate.signed.v1", **(fields | data))


def owing(told: Story, **failure: Any) -> Story:
    """One debit of 49.99 that came back on Monday, the first of June."""
    return signed(told.customer()).invoice(mandate_id="M-1").failed(**failure)


def requested(told: Story) -> list[DirectDebitRequested]:
    found = [one.data for one in told.published("direct-debit.requested.v1")]
    return [one for one in found if isinstance(one, DirectDebitRequested)]


def cancelled(told: Story) -> list[DirectDebitCancelled]:
    found = [one.data for one in told.published("direct-debit.cancelled.v1")]
    return [one for one in found if isinstance(one, DirectDebitCancelled)]


def mandate_states(told: Story) -> list[str]:
    found = [one.data for one in told.published("mandate.changed.v1")]
    return [one.state for one in found if isinstance(one, MandateChanged)]


def plan(told: Story, invoice_id: str = "i1") -> Plan | None:
    assert told.state is not None
    return told.state.debits.plans.get(invoice_id)


def collection(told: Story, key: str) -> Collection:
    assert told.state is not None
    return told.state.debits.collections[key]
