"""What has come since a notice was asked for and would have forbidden it."""

from __future__ import annotations

from domain.arrangements.plan_notices import INSTALMENT, why_not_announced
from domain.collections.channels import is_allowed
from domain.collections.state import Message
from domain.collections.work import Work
from domain.compliance.consents import all_stopped
from domain.compliance.nameable import nameable
from domain.notices.owing import still_asks
from domain.notices.state import Notice


def why_moot(work: Work, message: Message) -> str | None:
    """The short code under which to withdraw the message of a notice; None to let it go."""
    gone = work.state.notices.sent.get(message.notice or "")
    notice, profile = (gone.notice if gone else None), work.state.profile
    if gone is None or notice is None or profile is None:
        return None
    if gone.message_id != message.message_id:
        return "sent_again"
    if message.invoice_ids:  # what it did name: the gate may have left some out
        notice = notice.model_copy(update={"invoice_ids": message.invoice_ids})
    moot = why_not_announced(work, message.notice or "") if notice.kind == INSTALMENT else None
    moot = moot or _why_not_asked(work, notice, profile.facts.country)
    if moot is not None:
        return moot
    for flag in profile.facts.flags:
        if notice.purpose == "collection" or flag in work.policy.hold_thanks:
            return f"flag:{flag}"
    if all_stopped(work.state.compliance):
        return "contact_stopped"
    return None if is_allowed(work.state, message.channel, notice.purpose) else "consent"


def _why_not_asked(work: Work, notice: Notice, country: str) -> str | None:
    """Why it may no longer ask for what it names: settled, given up, agreed upon, time-barred."""
    if notice.asks_for_money:
        if not still_asks(work, notice):
            return "paid"
        if notice.currency in work.ledger.provisional:
            return "provisional_payment"
    if notice.purpose != "collection":
        return None
    book = work.policy.contact.book(country, work.now.date())
    found = nameable(work, book, notice.invoice_ids, notice.kind, whole=notice.is_whole)
    return found.refusal[0] if found.refusal is not None else None
