"""The validation notice: what is owed and how to dispute it, soon after the first contact.

12 CFR 1006.34. A debt that was named in a message, or spoken of, has been contacted about.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from domain.calendar import local_date
from domain.collections.state import CustomerState, NotSent
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.nameable import nameable
from domain.compliance.policy import ContactRules
from domain.compliance.rows import ValidationRule
from domain.identity import digest
from domain.notices.owing import SETTLED, drop, owe, still_asks
from domain.notices.state import Notice

KIND = "validation_notice"
_KEY = "validation|"
#: A letter is taken to have arrived, for the dispute window, after so many days (comment 34(b)(5)).
_RECEIPT_DAYS = 7


def owe_notices(work: Work) -> None:
    """Owe one for each currency whose debts were contacted about for the first time."""
    state = work.state
    if state.profile is None or not (state.reminded or state.compliance.calls):
        return
    rules = _book(work).validations
    if not rules:
        return
    _forget_unaskable(work)
    _forget_taken_back(work)
    fresh = _contacted(work) - set(work.state.compliance.validated)
    if not fresh:
        return
    by_currency: dict[str, list[str]] = defaultdict(list)
    for key in sorted(fresh):
        by_currency[state.invoices[key].facts.amount.currency].append(key)
    for currency, keys in sorted(by_currency.items()):
        owe(work, _KEY + digest(*keys), _notice(work, rules[0], currency, tuple(keys)))
    validated = (*work.state.compliance.validated, *sorted(fresh))
    work.set(compliance=work.state.compliance.model_copy(update={"validated": validated}))


def _forget_unaskable(work: Work) -> None:
    """What was settled before its notice went out needs none; one is owed anew if it comes back.

    Where one debt waits for another's dispute, each has a notice of its own: the law's days run.
    """
    for key, notice in tuple(work.state.notices.owed.items()):
        if notice.kind != KIND:
            continue
        because = _why_unaskable(work, notice)
        if because is None:
            continue
        drop(work, key)
        work.note_not_sent(
            NotSent(at=work.now, because=because, kind=KIND, currency=notice.currency)
        )
        _forget(work, notice.invoice_ids)


def _forget_taken_back(work: Work) -> None:
    """Those that were withdrawn because their debts were paid, which are open again."""
    is_open = work.ledger.open
    for message in work.state.messages:
        notices, key = work.state.notices, message.notice or ""
        is_own = key.startswith(_KEY) and message.state == "withdrawn"
        if not is_own or notices.ended.get(key) != SETTLED:
            continue
        if any(is_open.get(one) for one in message.invoice_ids):
            ended = {name: why for name, why in notices.ended.items() if name != key}
            work.set(notices=notices.model_copy(update={"ended": ended}))
            _forget(work, message.invoice_ids)


def _forget(work: Work, invoice_ids: tuple[str, ...]) -> None:
    file = work.state.compliance
    left = tuple(one for one in file.validated if one not in invoice_ids)
    work.set(compliance=file.model_copy(update={"validated": left}))


def _why_unaskable(work: Work, notice: Notice) -> str | None:
    """Why it is not for this notice; None for the gate to say whether it goes out or waits."""
    if not still_asks(work, notice):
        return SETTLED
    book, named = _book(work), notice.invoice_ids
    all_or_none = nameable(work, book, named, KIND, whole=True)
    if all_or_none.refusal is None or not nameable(work, book, named, KIND).invoice_ids:
        return None
    return all_or_none.refusal[0]


def _book(work: Work) -> Book:
    profile = work.state.profile
    return work.policy.contact.book(profile.facts.country if profile else "", work.now.date())


def disputable(state: CustomerState, rules: ContactRules, now: dt.datetime) -> list[dict[str, Any]]:
    """Of each validation notice that went out: its debts, and the last day to dispute them."""
    if state.profile is None:
        return []
    facts = state.profile.facts
    found = rules.book(facts.country, now.date()).validations
    if not found:
        return []
    shown = []
    for key, sent in state.notices.sent.items():
        if sent.kind == KIND and not sent.failed:
            arrived = sent.delivered_at or sent.at + dt.timedelta(days=_RECEIPT_DAYS)
            last = local_date(arrived, facts.timezone) + dt.timedelta(days=found[0].dispute_days)
            shown.append({"notice": key, "until": last.isoformat(), "rule": found[0].id})
    return shown


def _contacted(work: Work) -> set[str]:
    """Debts that were named in a reminder, or spoken of, and may be asked for now."""
    state, is_open = work.state, work.ledger.open
    named = set(state.reminded)
    for call in state.compliance.calls:
        if call.kind == "conversation":
            named.update(state.reminded if call.invoice_ids is None else call.invoice_ids)
    still_open = tuple(key for key in named if key in state.invoices and is_open.get(key))
    return set(nameable(work, _book(work), still_open, KIND).invoice_ids) if still_open else set()


def _notice(work: Work, rule: ValidationRule, currency: str, keys: tuple[str, ...]) -> Notice:
    return Notice(
        kind=KIND,
        purpose="collection",
        owed_at=work.now,
        due=work.now,
        caused_by=work.cause.id if work.cause is not None else keys[0],
        currency=currency,
        invoice_ids=keys,
        values={"days": str(rule.dispute_days)},
        channels=rule.channels,
        asks_for_money=True,
    )
