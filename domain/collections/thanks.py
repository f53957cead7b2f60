"""Thank-yous: one for each settled payment that touched what was overdue, failed or reminded."""

from __future__ import annotations

import datetime as dt

from domain.calendar import local_date, next_target_day
from domain.collections.claims import claimable, contact_failures
from domain.collections.ledger import net_of
from domain.collections.state import Failure, NotSent, Payment, Thanks, ThanksState
from domain.collections.thanking import build_thanks
from domain.collections.wording import Unwritable
from domain.collections.work import Work
from domain.compliance.gate import Verdict, Wish, ask
from domain.compliance.limitation import barred

#: Answered at once whatever the hour: the customer has just acted.
_AT_ONCE = frozenset({"link", "card"})
#: What may show that a payment judged before was for something late.
_JUDGED_AGAIN = frozenset({"direct-debit.failed.v1", "invoice.issued.v1"})


def weigh_payments(work: Work) -> None:
    """Decide once for each settled payment whether a thank-you is owed.

    Judged when its money first touches an invoice, and once more when a failed debit or an older
    invoice becomes known after the payment: topics have no order. None is thanked twice.
    """
    if work.state.profile is None:
        return
    undecided = {"open", "owed"}
    if work.cause is not None and work.cause.type in _JUDGED_AGAIN:
        undecided.add("not_owed")
    for key, payment in work.state.payments.items():
        if payment.settled_at is None or payment.thanks not in undecided:
            continue
        if payment.thanks == "owed":
            if not net_of(work.state, key, payment):
                _judge(work, key, "cancelled")
            continue
        verdict = _verdict(work, key, payment, payment.settled_at)
        if verdict in {"open", payment.thanks}:
            continue
        _judge(work, key, verdict)
        if verdict == "owed":
            owed = Thanks(owed_at=work.now, caused_by=payment.ce_id, due=work.now)
            work.set(thanks={**work.state.thanks, key: owed})


def say_thanks(work: Work) -> None:
    """Send the thank-yous that may go now; defer, hold or give up the others."""
    days = dt.timedelta(days=work.policy.at(work.now).thanks_days)
    for key, thanks in work.state.thanks.items():
        if work.now - thanks.owed_at > days:
            _judge(work, key, "cancelled")
        elif thanks.status == "held" or thanks.due <= work.now:
            _try(work, key, thanks)


def _verdict(work: Work, key: str, payment: Payment, settled_at: dt.datetime) -> ThanksState:
    if not net_of(work.state, key, payment):
        return "not_owed"
    touched = work.ledger.touched.get(key, ())
    is_old = work.now - settled_at > dt.timedelta(days=work.policy.at(work.now).thanks_days)
    if not touched or (is_old and payment.thanks == "not_owed"):
        return "not_owed" if is_old else "open"
    return "owed" if any(_was_late(work, invoice, payment) for invoice in touched) else "not_owed"


def _was_late(work: Work, invoice_id: str, payment: Payment) -> bool:
    """Whether the item was overdue when the money came, had failed, or had been reminded."""
    if invoice_id in work.state.reminded and payment.thanks != "not_owed":
        return True  # one judged before was on time: what is reminded since is the rest
    failure = contact_failures(work.state, work.policy.return_codes).get(invoice_id)
    if failure is not None and not _came_back(failure, payment):
        return True
    invoice = work.state.invoices[invoice_id].facts
    last_day = invoice.due_on
    if invoice.payment_method == "direct_debit":
        last_day = next_target_day(last_day)  # a debit due on a weekend is made after it
    profile = work.state.profile
    if profile is None:
        return False
    return local_date(payment.facts.received_at, profile.facts.timezone) > last_day


def _came_back(failure: Failure, payment: Payment) -> bool:
    """Whether the failure may be that of this very money: no reason to thank for it."""
    facts = payment.facts
    may_be = facts.method == "direct_debit" or payment.thanks == "not_owed"
    return may_be and failure.facts.failed_at > facts.received_at


def _judge(work: Work, key: str, verdict: ThanksState) -> None:
    payment = work.state.payments[key].model_copy(update={"thanks": verdict})
    work.set(payments={**work.state.payments, key: payment})
    if verdict not in {"open", "owed"}:
        kept = {name: owed for name, owed in work.state.thanks.items() if name != key}
        work.set(thanks=kept)


def _try(work: Work, key: str, thanks: Thanks) -> None:
    payment = work.state.payments[key]
    wish = Wish(
        purpose="service",
        kind="thank_you",
        what=key,
        currency=payment.facts.amount.currency,
        tried=thanks.tried,
        at_once=payment.facts.method in _AT_ONCE,
    )
    verdict = ask(work, wish)
    if verdict.action == "deny":
        _hold(work, key, thanks, verdict)
    elif verdict.until is not None:
        later = {"status": "waiting", "because": verdict.because, "due": verdict.until}
        _put(work, key, thanks.model_copy(update=later))
        _note(work, payment, verdict)
    else:
        _send(work, key, thanks, verdict)


def _hold(work: Work, key: str, thanks: Thanks, verdict: Verdict) -> None:
    if (thanks.status, thanks.because) != ("held", verdict.because):
        held = {"status": "held", "because": verdict.because}
        _put(work, key, thanks.model_copy(update=held))
        _note(work, work.state.payments[key], verdict)


def _put(work: Work, key: str, thanks: Thanks) -> None:
    work.set(thanks={**work.state.thanks, key: thanks})


def _note(work: Work, payment: Payment, verdict: Verdict) -> None:
    work.note_not_sent(
        NotSent(
            at=work.now,
            because=verdict.because,
            kind="thank_you",
            currency=payment.facts.amount.currency,
            deferred_to=verdict.until,
            channel=verdict.channel,
            rule=verdict.rule or None,
            version=verdict.version,
        )
    )


def _askable(work: Work, key: str) -> tuple[str, ...]:
    """What the payment touched and what is due besides, as far as it may be asked for now.

    A debt that is time-barred, written off or handed over is not, not even beside a thank-you.
    """
    claims = claimable(work.state, work.ledger, work.policy.return_codes, work.now)
    touched, given_up = work.ledger.touched.get(key, ()), work.state.case.given_up
    named = tuple(one for one in dict.fromkeys((*touched, *claims)) if one not in given_up)
    if work.state.profile is None or not named:
        return named
    today = work.now.date()
    book = work.policy.contact.book(work.state.profile.facts.country, today)
    late = barred(work.state, work.ledger, book, named, today)
    return tuple(one for one in named if one not in late)


def _send(work: Work, key: str, thanks: Thanks, granted: Verdict) -> None:
    try:
        publish, message = build_thanks(work, key, thanks, _askable(work, key), granted)
    except Unwritable as fault:
        _hold(work, key, thanks, Verdict("deny", str(fault), "words"))
        return
    work.effects.append(publish)
    kept = work.state.messages[-work.policy.limits.messages_max + 1 :]
    work.set(messages=(*kept, message))
    _judge(work, key, "sent")
