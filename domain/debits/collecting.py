"""A collection from its last look to its end: asked for, taken back, failed or settled."""

from __future__ import annotations

import datetime as dt

from domain.calendar import after_target_days, local_date, start_of_day
from domain.collections.work import Work
from domain.debits.candidates import ZONE
from domain.debits.comebacks import money_by_collection
from domain.debits.mandates import TOPIC, follow_mandates, sequence_of
from domain.debits.planning import DEBIT_LOOK, drop_plan, is_announced, still_holds
from domain.debits.returns import return_days
from domain.debits.situation import Situation, assess
from domain.debits.state import Collection, Plan
from domain.effects import Publish
from domain.events.base import Data
from domain.events.debits import Debtor, DirectDebitCancelled, DirectDebitRequested
from domain.events.outputs import LastLook
from domain.money import Money


def decide(work: Work, ref: str, last_look: tuple[LastLook, ...]) -> None:
    """The log has been read far enough: ask for the collection, or leave it for another day.

    Whatever forbids it by now is found here, so no payment that the log had acknowledged before
    the look is collected again. Without a plan that still looks, nothing happens.
    """
    collection_id = ref.removeprefix(DEBIT_LOOK)
    for invoice_id, plan in work.state.debits.plans.items():
        if plan.collection_id == collection_id and plan.status == "looking":
            follow_mandates(work)
            found = assess(work, invoice_id) if work.policy.retries.enabled else "off"
            if (
                not isinstance(found, str)
                and still_holds(work, plan, found)
                and is_announced(work, plan)
            ):
                _request(work, plan, found, last_look)
            drop_plan(work, invoice_id)
            return


def _request(work: Work, plan: Plan, found: Situation, last_look: tuple[LastLook, ...]) -> None:
    profile = work.state.profile
    if plan.collect_on is None or plan.cut_off is None or profile is None:
        raise ValueError("a plan that waits has its day")
    signed = found.mandate.signed if found.mandate else None
    currency = work.state.invoices[found.invoice_id].facts.amount.currency
    name = profile.facts.name
    holder = (signed.holder if signed else None) or f"{name.given} {name.family}".strip()
    data = DirectDebitRequested(
        collection_id=plan.collection_id,
        customer_id=work.state.customer_id,
        invoice_id=found.invoice_id,
        attempt=plan.attempt,
        amount=Money(minor=found.open_minor, currency=currency),
        mandate_id=plan.mandate_id,
        scheme=signed.scheme if signed else "core",
        sequence_type=sequence_of(work, plan.mandate_id, found.mandate, plan.collect_on),
        signed_on=signed.signed_on if signed else None,
        debtor=Debtor(name=holder, iban=signed.iban) if signed and signed.iban else None,
        country=found.failure.facts.debtor_country,
        collect_on=plan.collect_on,
        cancellable_until=plan.cut_off,
        requested_at=work.now,
        caused_by=found.failure.ce_id,
        reasons=plan.reasons,
        challenger=plan.challenger,
        last_look=last_look,
    )
    _publish(work, "direct-debit.requested.v1", plan.collection_id, data)
    asked_for = Collection(
        invoice_id=found.invoice_id,
        attempt=plan.attempt,
        amount_minor=found.open_minor,
        currency=currency,
        mandate_id=plan.mandate_id,
        scheme=data.scheme,
        sequence_type=data.sequence_type,
        collect_on=plan.collect_on,
        cancellable_until=plan.cut_off,
        requested_at=work.now,
    )
    _put(work, plan.collection_id, asked_for)


def follow_collections(work: Work) -> None:
    """End the collections that were answered; take back those that should not be made any more."""
    state = work.state
    if not state.debits.collections:
        return
    money = money_by_collection(state)
    for key, one in state.debits.collections.items():
        if one.state not in {"cancelled", "failed"} and _has_failed(work, key):
            _end(work, key, one, "failed", "returned")
        elif one.state in {"requested", "unanswered"} and (key in money or _is_paid(work, one)):
            _end(work, key, one, "settled", "paid")
        elif one.state == "requested":
            _follow(work, key, one)


def _is_paid(work: Work, one: Collection) -> bool:
    """Whether a direct debit of its day or later pays its invoice, whatever the ERP calls it."""
    return any(
        payment.facts.method == "direct_debit"
        and local_date(payment.facts.received_at, ZONE) >= one.collect_on
        and one.invoice_id in work.ledger.touched.get(key, ())
        for key, payment in work.state.payments.items()
    )


def answered_by(work: Work, one: Collection) -> dt.datetime:
    """When nobody waits any longer for the answer of a collection that may be at the bank.

    Of a bill that was paid otherwise, when the bank can return it no more: until then its money
    may come as well, and what paid the bill may go back.
    """
    day = start_of_day(one.collect_on, ZONE)
    if work.ledger.open.get(one.invoice_id):
        days = work.policy.retries.at(one.collect_on).answer_target_days
        return after_target_days(day, days)
    return after_target_days(day, return_days(one.collect_on))


def _follow(work: Work, key: str, one: Collection) -> None:
    if work.now >= max(answered_by(work, one), one.cancellable_until):
        is_open = bool(work.ledger.open.get(one.invoice_id))
        _end(work, key, one, *(("unanswered", "no_answer") if is_open else ("settled", "paid")))
        return
    because = _why_not(work, one)
    if because is None:
        return
    if work.now < one.cancellable_until:
        data = DirectDebitCancelled(
            collection_id=key,
            customer_id=work.state.customer_id,
            invoice_id=one.invoice_id,
            because=because,
            at=work.now,
        )
        _publish(work, "direct-debit.cancelled.v1", f"{key}:cancelled", data)
        _end(work, key, one, "cancelled", because)


def _why_not(work: Work, one: Collection) -> str | None:
    """What would forbid it if it were to be asked for now."""
    if not work.policy.retries.enabled:
        return "retries_off"
    # Seen as if it had not been asked for: it is no obstacle to itself.
    others = {
        key: other for key, other in work.state.debits.collections.items() if other is not one
    }
    debits = work.state.debits.model_copy(update={"collections": others})
    state = work.state.model_copy(update={"debits": debits})
    found = assess(Work(state, work.policy, work.now), one.invoice_id)
    if isinstance(found, str):
        # Its own presentation counts by now: that it was the last one is no reason to stop it.
        return None if found == "retries_exhausted" else found
    if found.mandate_id != one.mandate_id:
        return "mandate_changed"
    return "amount_changed" if found.open_minor < one.amount_minor else None


def _has_failed(work: Work, key: str) -> bool:
    rule = work.policy.return_codes.rule
    return any(
        failure.facts.collection_id == key and rule(failure.facts).action != "ignore"
        for failure in work.state.failures.values()
    )


def _end(work: Work, key: str, one: Collection, state: str, because: str) -> None:
    ended = {"state": state, "because": because, "ended_at": work.now}
    _put(work, key, one.model_copy(update=ended))


def _put(work: Work, key: str, one: Collection) -> None:
    debits = work.state.debits
    collections = {**debits.collections, key: one}
    work.set(debits=debits.model_copy(update={"collections": collections}))


def _publish(work: Work, ce_type: str, event_id: str, data: Data) -> None:
    work.effects.append(Publish(TOPIC, ce_type, event_id, work.state.customer_id, data))
