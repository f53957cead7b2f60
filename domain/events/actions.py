"""What staff and customers decide about a debt: further types on the topic `interactions`.

They lie on a topic of the last look, so a promise that the log has acknowledged holds a reminder
as surely as a payment does. `by` names who did it (a user, `customer`, or an outside system).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.events.base import Channel, Data, Day, Id, Instant, Text
from domain.events.customers import Purpose, QuietHours
from domain.iban import is_iban
from domain.money import Currency, PositiveMoney

Reason = Annotated[str, Field(min_length=1, max_length=1000)]


def _sound_iban(text: str) -> str:
    if not is_iban(text):
        raise ValueError("not an IBAN")
    return text


Iban = Annotated[str, AfterValidator(_sound_iban)]


class Action(Data):
    """What all actions have."""

    customer_id: Id
    at: Instant
    by: Id
    reason: Text = ""


class HoldPlaced(Action):
    """No reminders (of these invoices; absent: of any) until it is lifted or its day has passed."""

    hold_id: Id
    kind: Literal["dispute", "complaint", "vulnerable", "legal", "other"] = "other"
    invoice_ids: tuple[Id, ...] | None = None
    until: Day | None = None


class HoldLifted(Action):
    hold_id: Id


class PromiseMade(Action):
    """A promise to pay `amount` by the end of `due_on`, where the customer lives."""

    promise_id: Id
    amount: PositiveMoney
    due_on: Day
    invoice_ids: tuple[Id, ...] | None = None


class PromiseWithdrawn(Action):
    promise_id: Id


class PlanInstalment(Data):
    due_on: Day
    amount: PositiveMoney


class PlanAgreed(Action):
    """Instalments that together pay the open debt of the named invoices."""

    plan_id: Id
    currency: Currency
    invoice_ids: tuple[Id, ...]
    instalments: Annotated[tuple[PlanInstalment, ...], Field(min_length=1, max_length=120)]


class PlanCancelled(Action):
    plan_id: Id


class HardshipGranted(Action):
    """A pause of clocks, fees and contact; `until` absent: until it is ended."""

    hardship_id: Id
    kind: Literal["breathing_space", "mental_health_crisis", "forbearance"]
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None

    model_config = Data.model_config | {"serialize_by_alias": True}


class HardshipEnded(Action):
    hardship_id: Id
    ended_on: Day


class DisputeOpened(Action):
    """Collection of these invoices stops until it is answered (absent: of all)."""

    dispute_id: Id
    invoice_ids: tuple[Id, ...] | None = None


class DisputeAnswered(Action):
    dispute_id: Id
    upheld: bool


class NoteAdded(Action):
    note_id: Id
    text: Reason


class ContactStopped(Action):
    """The customer wants no contact (through these channels; absent: at all)."""

    channels: tuple[Channel, ...] | None = None


class ContactResumed(Action):
    channels: tuple[Channel, ...] | None = None


class ConsentRecorded(Action):
    """Consent for one address and purpose, with what proves it."""

    channel: Channel
    address: Id | None = None
    purpose: Purpose
    granted: bool
    proof: Text | None = None


class PreferencesChanged(Action):
    """The customer's own reminder rules; they outrank those of `customer.updated.v1`."""

    channels: tuple[Channel, ...] | None = None
    quiet_hours: QuietHours | None = None
    #: Remind so many days before the due date; absent: as the policy says.
    days_before_due: Annotated[int, Field(strict=True, ge=0, le=60)] | None = None


class FeeWaived(Action):
    """A fee is not claimed any more (or given back). `approved_by` is a second person."""

    fee_id: Id
    approved_by: Id


class DebtWrittenOff(Action):
    """Nothing more is asked for these invoices (absent: all); the debt is shown as written off."""

    invoice_ids: tuple[Id, ...] | None = None
    approved_by: Id


class DebtHandedOver(Action):
    invoice_ids: tuple[Id, ...] | None = None
    collector: Id
    approved_by: Id


class DebtRecalled(Action):
    invoice_ids: tuple[Id, ...] | None = None


class LinkPaymentStarted(Action):
    """The customer is paying by link now: no debit is retried meanwhile."""

    payment_id: Id
    amount: PositiveMoney
    invoice_ids: tuple[Id, ...] | None = None


class LinkRequested(Action):
    """The customer wants a new payment link in place of that of `message_id`."""

    message_id: Id
    currency: Currency


class MandateSigned(Action):
    """`mandate_id` is the reference (UMR); without `iban` only the ERP can collect by it."""

    mandate_id: Id
    signed_on: Day
    scheme: Literal["core", "b2b"] = "core"
    iban_last4: Id | None = None
    iban: Iban | None = None
    holder: Text | None = None
    kind: Literal["recurrent", "one_off"] = "recurrent"
    #: The series ends: what is collected from then on is its last.
    ends_on: Day | None = None


class MandateRevoked(Action):
    mandate_id: Id


ACTIONS: dict[str, type[Action]] = {
    "hold.placed.v1": HoldPlaced,
    "hold.lifted.v1": HoldLifted,
    "promise.made.v1": PromiseMade,
    "promise.withdrawn.v1": PromiseWithdrawn,
    "plan.agreed.v1": PlanAgreed,
    "plan.cancelled.v1": PlanCancelled,
    "hardship.granted.v1": HardshipGranted,
    "hardship.ended.v1": HardshipEnded,
    "dispute.opened.v1": DisputeOpened,
    "dispute.answered.v1": DisputeAnswered,
    "note.added.v1": NoteAdded,
    "contact.stopped.v1": ContactStopped,
    "contact.resumed.v1": ContactResumed,
    "consent.recorded.v1": ConsentRecorded,
    "preferences.changed.v1": PreferencesChanged,
    "fee.waived.v1": FeeWaived,
    "debt.written-off.v1": DebtWrittenOff,
    "debt.handed-over.v1": DebtHandedOver,
    "debt.recalled.v1": DebtRecalled,
    "link-payment.started.v1": LinkPaymentStarted,
    "link.requested.v1": LinkRequested,
    "mandate.signed.v1": MandateSigned,
    "mandate.revoked.v1": MandateRevoked,
}
