"""Notices about debits: a thank-you that has to be corrected, a mandate that is needed anew."""

from __future__ import annotations

from domain.collections.ledger import net_of
from domain.collections.work import Work
from domain.debits.mandates import mandate_of
from domain.debits.wording import money_text
from domain.money import Money
from domain.notices.owing import drop, owe
from domain.notices.state import Notice

_NOT_GONE = frozenset({"withdrawn", "expired", "failed"})


def correct_thanks(work: Work) -> None:
    """Owe a correction, once, for every thank-you whose money went back, all or a part."""
    if not work.policy.retries.corrects_thanks or not work.state.reversals:
        return
    for key, payment in work.state.payments.items():
        amount, net = payment.facts.amount, net_of(work.state, key, payment)
        if net == amount.minor or not _has_thanked(work, key):
            continue
        if key in work.state.debits.corrected:
            continue
        back = Money(minor=amount.minor - net, currency=amount.currency)
        owe(
            work,
            f"debits|thanks_corrected|{key}",
            Notice(
                kind="thanks_corrected",
                purpose="service",
                owed_at=work.now,
                due=work.now,
                caused_by=work.cause.id if work.cause else payment.ce_id,
                currency=amount.currency,
                values={"returned": money_text(work, back)},
            ),
        )
        debits = work.state.debits
        work.set(debits=debits.model_copy(update={"corrected": (*debits.corrected, key)}))


def _has_thanked(work: Work, payment_id: str) -> bool:
    return any(
        message.payment_id == payment_id
        and message.kind == "thank_you"
        and message.state not in _NOT_GONE
        for message in work.state.messages
    )


def ask_for_mandates(work: Work) -> None:
    """Ask for a new mandate, once for each failed debit that calls for one, while it stands."""
    if not work.policy.retries.asks_new_mandate or not work.state.failures:
        return
    mandates = work.state.debits.mandates.values()
    signed = [
        mandate.signed.signed_on
        for mandate in mandates
        if mandate.signed is not None and mandate.state in {"active", "pending"}
    ]
    for name, failure in work.state.failures.items():
        facts = failure.facts
        if work.policy.return_codes.rule(facts).action != "new_mandate":
            continue
        key = f"debits|new_mandate|{name}"
        is_open = bool(work.ledger.open.get(facts.invoice_id))
        if any(day >= facts.failed_at.date() for day in signed) or not is_open:
            drop(work, key)
            continue
        owe(
            work,
            key,
            Notice(
                kind="new_mandate",
                purpose="service",
                owed_at=work.now,
                due=work.now,
                caused_by=failure.ce_id,
                currency=facts.amount.currency,
                invoice_ids=(facts.invoice_id,),
                values={"mandate_id": mandate_of(work.state, failure) or ""},
                asks_for_money=True,
            ),
        )
