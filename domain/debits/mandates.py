"""Mandates: what is known of them, whether they may be used, and which sequence type is next.

What a mandate is follows from facts: signatures, revocations, failed debits, and when it was last
used. So it is the same whatever the order in which they came.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator

from domain.calendar import local_date, start_of_day
from domain.collections.state import CustomerState, Failure
from domain.collections.work import Work
from domain.debits.comebacks import comebacks, mandates_of_money
from domain.debits.state import Mandate
from domain.effects import Publish, Refuse
from domain.events.actions import Action, MandateRevoked, MandateSigned
from domain.events.debits import MandateChanged, MandateState, SequenceType
from domain.identity import digest

TOPIC = "direct-debits"
MANDATES_MAX = 100
ZONE = "Europe/Berlin"
#: References that every bank takes (EPC217-08, the SEPA character set [unverified]).
_UMR = re.compile(r"[A-Za-z0-9+?/:().,' -]{1,35}")
#: When a bank's word came that ends a mandate, and the return code.
_Ended = tuple[dt.datetime, str | None]


def record_mandate(work: Work, data: Action) -> Refuse | None:
    """Keep a signature or a revocation. Another signature under one reference is refused."""
    debits = work.state.debits
    if not isinstance(data, MandateSigned | MandateRevoked):
        return None
    known = debits.mandates.get(data.mandate_id)
    if known is None and len(debits.mandates) >= MANDATES_MAX:
        return Refuse("row_full", "the customer has more mandates than a row may hold")
    mandate = known or Mandate()
    if isinstance(data, MandateSigned):
        if mandate.signed is not None and not _is_same(mandate.signed, data):
            return Refuse("conflict", "mandate_id: known already with other content")
        changed = mandate if mandate.signed else mandate.model_copy(update={"signed": data})
    else:
        earliest = min(data.at, mandate.revoked_at or data.at)
        changed = mandate.model_copy(update={"revoked_at": earliest})
    if changed != known:
        put_mandate(work, data.mandate_id, changed)
    return None


def _is_same(known: MandateSigned, data: MandateSigned) -> bool:
    who = {"at", "by", "reason"}
    return known.model_dump(exclude=who) == data.model_dump(exclude=who)


def put_mandate(work: Work, mandate_id: str, mandate: Mandate) -> None:
    """Replace a mandate of the row."""
    debits = work.state.debits
    mandates = {**debits.mandates, mandate_id: mandate}
    work.set(debits=debits.model_copy(update={"mandates": mandates}))


def follow_mandates(work: Work) -> None:
    """Bring every mandate's state in line with the facts, and publish what changed."""
    state = work.state
    if not state.debits.mandates and not state.failures and not state.reversals:
        return
    ended = _ended_by_banks(work)
    for mandate_id in ended:
        if mandate_id not in work.state.debits.mandates:
            put_mandate(work, mandate_id, Mandate())
    for mandate_id, mandate in work.state.debits.mandates.items():
        now_is, because = _state_of(work, mandate_id, mandate, ended.get(mandate_id))
        if now_is != mandate.state:
            _publish(work, mandate_id, mandate, now_is, because)
            put_mandate(work, mandate_id, mandate.model_copy(update={"state": now_is}))


def _publish(
    work: Work, mandate_id: str, mandate: Mandate, state: MandateState, because: str
) -> None:
    customer_id = work.state.customer_id
    event = digest(customer_id, mandate_id, state, mandate.state or "", work.now.isoformat())
    data = MandateChanged(
        customer_id=customer_id,
        mandate_id=mandate_id,
        state=state,
        previous=mandate.state,
        because=because,
        at=work.now,
    )
    work.effects.append(Publish(TOPIC, "mandate.changed.v1", f"mandate-{event}", customer_id, data))


def _state_of(
    work: Work, mandate_id: str, mandate: Mandate, ended: _Ended | None
) -> tuple[MandateState, str]:
    """What the mandate is today, and why."""
    today = local_date(work.now, ZONE)
    if mandate.revoked_at is not None:
        return "revoked", "by_customer"
    if ended is not None and not _is_older(ended, mandate):
        return "revoked", f"return_code:{ended[1]}"
    if mandate.signed is not None and mandate.signed.signed_on > today:
        return "pending", "signed_later"
    if mandate.signed is None:
        return "pending", "not_signed"
    if expires_on(work, mandate_id, mandate.signed) <= today:
        return "expired", "unused"
    return "active", "signed"


def _is_older(ended: _Ended, mandate: Mandate) -> bool:
    signed = mandate.signed
    return signed is not None and ended[0].date() < signed.signed_on


def mandate_of(state: CustomerState, failure: Failure) -> str | None:
    """The mandate by which a failed debit was collected, as far as we know it."""
    ours = state.debits.collections.get(failure.facts.collection_id)
    if ours is not None:
        return ours.mandate_id
    invoice = state.invoices.get(failure.facts.invoice_id)
    return invoice.facts.mandate_id if invoice else None


def _ended_by_banks(work: Work) -> dict[str, _Ended]:
    """Mandate -> the newest word of a bank that ends it (MD01): when, and by which code."""
    found: dict[str, _Ended] = {}
    for mandate_id, at, code in _endings(work):
        if mandate_id and (mandate_id not in found or at > found[mandate_id][0]):
            found[mandate_id] = at, code
    return found


def _endings(work: Work) -> Iterator[tuple[str | None, dt.datetime, str | None]]:
    state, codes = work.state, work.policy.return_codes
    for failure in state.failures.values():
        if codes.rule(failure.facts).revokes_mandate:
            facts = failure.facts
            yield mandate_of(state, failure), facts.failed_at, facts.reason_code
    for one in comebacks(state, codes):
        if one.rule.revokes_mandate:
            for mandate_id in sorted(mandates_of_money(state, one.payment_id)):
                yield mandate_id, one.at, one.code


def expires_on(work: Work, mandate_id: str, signed: MandateSigned) -> dt.date:
    """The first day on which it has lapsed for want of use."""
    used = [signed.signed_on, *_uses(work.state, mandate_id)]
    months = work.policy.retries.at(work.now.date()).mandate_idle_months
    return _months_later(max(used), months)


def _uses(state: CustomerState, mandate_id: str) -> Iterator[dt.date]:
    """Days on which it was used: by us, by debits that failed, by debits that were paid."""
    for collection in state.debits.collections.values():
        if collection.mandate_id == mandate_id and collection.state != "cancelled":
            yield collection.collect_on
    named = {
        key for key, invoice in state.invoices.items() if invoice.facts.mandate_id == mandate_id
    }
    for failure in state.failures.values():
        if failure.facts.invoice_id in named:
            yield failure.facts.failed_at.date()
    for payment in state.payments.values():
        facts = payment.facts
        paid = {part.invoice_id for part in facts.allocations or ()}
        if facts.method == "direct_debit" and paid & named:
            yield facts.received_at.date()


def _months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def turns_at(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """When mandates become active or lapse without any event."""
    for mandate_id, mandate in work.state.debits.mandates.items():
        if mandate.signed is None or mandate.state not in {"pending", "active"}:
            continue
        day = mandate.signed.signed_on
        if mandate.state == "active":
            day = expires_on(work, mandate_id, mandate.signed)
        at = start_of_day(day, ZONE)
        if at > work.now:
            yield f"debits|mandate|{mandate_id}", at


def usable(work: Work, invoice_id: str, after: dt.date | None) -> tuple[str, Mandate | None, str]:
    """(reference, mandate, what forbids it) for a collection of an invoice.

    The invoice's own where it is active, else the newest active one: who signs anew means all of
    it. `after`: only one that was signed since. As long as no mandate of the customer is known to
    us, the reference on the invoice is the ERP's word that there is one. States are as
    `follow_mandates` left them.
    """
    known = work.state.debits.mandates
    own = work.state.invoices[invoice_id].facts.mandate_id
    needs_account = work.policy.retries.needs_account
    if not known:
        missing = "no_mandate" if own is None or after else "no_account" if needs_account else ""
        return own or "", None, missing
    active = {
        key: (mandate, mandate.signed)
        for key, mandate in known.items()
        if mandate.signed is not None and mandate.state == "active"
    }
    fresh = {key: row for key, row in active.items() if not after or row[1].signed_on >= after}
    if not fresh:
        state = known[own].state if own in known and not after else None
        return own or "", None, f"mandate_{state}" if state else "no_mandate"
    newest = max(fresh, key=lambda key: (fresh[key][1].signed_on, key))
    chosen = own if own is not None and own in fresh else newest
    mandate, signed = fresh[chosen]
    if not _UMR.fullmatch(chosen):
        return chosen, mandate, "mandate_id_not_sepa"
    missing = "no_account" if needs_account and signed.iban is None else ""
    return chosen, mandate, missing


def sequence_of(work: Work, mandate_id: str, mandate: Mandate | None, on: dt.date) -> SequenceType:
    """One-off mandates once, the end of a series as final, its beginning as first where wanted."""
    signed = mandate.signed if mandate else None
    if signed is not None and signed.kind == "one_off":
        return "OOFF"
    if signed is not None and signed.ends_on is not None and on >= signed.ends_on:
        return "FNAL"
    is_first = not any(True for _ in _uses(work.state, mandate_id))
    return "FRST" if is_first and work.policy.retries.marks_first else "RCUR"
