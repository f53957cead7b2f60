"""What has come since a notice was asked for and would have forbidden it."""

from __future__ import annotations

from domain.collections.channels import is_allowed
from domain.collections.state import Message
from domain.collections.work import Work
from domain.notices.owing import still_asks


def why_moot(work: Work, message: Message) -> str | None:
    """The short code under which to withdraw the message of a notice; None to let it go."""
    gone = work.state.notices.sent.get(message.notice or "")
    notice, profile = (gone.notice if gone else None), work.state.profile
    if gone is None or notice is None or profile is None:
        return None
    if gone.message_id != message.message_id:
        return "sent_again"
    if notice.asks_for_money:
        if not still_asks(work, notice):
            return "paid"
        if notice.currency in work.ledger.provisional:
            return "provisional_payment"
    for flag in profile.facts.flags:
        if notice.purpose == "collection" or flag in work.policy.hold_thanks:
            return f"flag:{flag}"
    return None if is_allowed(work.state, message.channel, notice.purpose) else "consent"
