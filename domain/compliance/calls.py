"""Calls and conversations: what is counted, and for which debts somebody may be called now.

12 CFR 1006.14(b): per debt and person, all numbers together, days counted where they live. An
attempt counts by its own `at`, so a replaced dialer's last week is imported as events (D15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from domain.calendar import local_date, start_of_day
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.rows import CallsRule, ConversationRule
from domain.compliance.state import Call
from domain.events.customers import Interaction

#: Kept so long, and so many: a lock of a year still finds its conversation.
_KEPT = dt.timedelta(days=367)
CALLS_MAX = 200
#: A call about more debts than this is taken to be about each.
DEBTS_MAX = 200
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CallBlock:
    """Why a debt is not called about before `until`, by the row's id."""

    rule: str
    because: str
    until: dt.datetime
    presumption: bool = False


def record_call(work: Work, kind: str, data: Interaction) -> None:
    """Keep a call or a conversation. One that never connected, or was no call, changes nothing.

    `detail` may say `invoice_ids`, `connected: false`, `prior_consent: true` (they asked to be
    called again), `third_party: true` (somebody else answered: an attempt, no conversation).
    """
    said: dict[Any, Any] = data.detail if isinstance(data.detail, dict) else {}
    if said.get("connected") is False:
        return
    is_attempt = kind == "call.attempted.v1" or said.get("third_party") is True
    if is_attempt and data.direction == "inbound":
        return  # they called us: no attempt of ours
    debts = said.get("invoice_ids")
    debts = debts if isinstance(debts, list) and len(debts) <= DEBTS_MAX else ()
    named = tuple(str(one) for one in debts) or None
    call = Call(
        at=min(data.at, work.now),  # a clock that is ahead must not lock anybody for years
        kind="attempt" if is_attempt else "conversation",
        invoice_ids=named,
        consented=said.get("prior_consent") is True,
    )
    file = work.state.compliance
    kept = [one for one in (*file.calls, call) if one.at > work.now - _KEPT]
    kept.sort(key=lambda one: (one.at, one.kind, one.invoice_ids or ()))
    work.set(compliance=file.model_copy(update={"calls": tuple(kept[-CALLS_MAX:])}))


def call_block(work: Work, book: Book, invoice_id: str, zone: str) -> CallBlock | None:
    """What forbids a call about this debt now: the row that forbids it longest."""
    today = local_date(work.now, zone)
    about = [
        one
        for one in work.state.compliance.calls
        if one.invoice_ids is None or invoice_id in one.invoice_ids
    ]
    rules: tuple[CallsRule | ConversationRule, ...] = (*book.calls, *book.conversations)
    found = [block for rule in rules if (block := _block(rule, about, today, zone)) is not None]
    return max(found, key=lambda block: (block.until, block.rule), default=None)


def _block(
    rule: CallsRule | ConversationRule, about: list[Call], today: dt.date, zone: str
) -> CallBlock | None:
    if _consented(rule, about, today, zone):
        return None
    kind, because, at_most = "conversation", "conversation_held", 1
    if isinstance(rule, CallsRule):
        kind, because, at_most = "attempt", "calls_made", rule.at_most
    days = sorted(
        day
        for one in about
        if one.kind == kind and (day := local_date(one.at, zone)) > today - rule.days * _DAY
    )
    if len(days) < at_most:
        return None
    # The next one fits when the oldest of those that fill the row's number has left its days.
    free_on = (days[-at_most] if at_most else today) + rule.days * _DAY
    return CallBlock(rule.id, because, start_of_day(free_on, zone), rule.presumption)


def _consented(
    rule: CallsRule | ConversationRule, about: list[Call], today: dt.date, zone: str
) -> bool:
    """Whether their own request still lifts it: the day on which it was given is the first."""
    return any(
        one.consented and today - rule.consent_days * _DAY < local_date(one.at, zone) <= today
        for one in about
    )
