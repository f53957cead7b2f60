"""On what a fee may rest: debts that may be asked for now, more than so little, and reminded of."""

from __future__ import annotations

from collections.abc import Iterable

from domain.arrangements.blocking import blocks
from domain.collections.claims import stop_code
from domain.collections.state import LOST
from domain.collections.work import Work
from domain.compliance.limitation import barred

BELOW_TOLERANCE = "below_tolerance"


def forbidden(work: Work) -> str | None:
    """Why no fee may arise for the customer now, whatever it rests on: flags, a death."""
    profile = work.state.profile
    if profile is None:
        return "no_profile"
    if profile.facts.flags:
        return f"flag:{profile.facts.flags[0]}"
    stopped = stop_code(work.state, work.policy.return_codes)
    return None if stopped is None else f"return_code:{stopped}"


def blocked(work: Work, invoice_ids: tuple[str, ...]) -> str | None:
    """Why no fee may arise on any of these invoices now: that, or what was agreed."""
    return forbidden(work) or blocks(work, invoice_ids, "fee")


def standing(work: Work, invoice_ids: Iterable[str]) -> tuple[str, ...]:
    """Without what nobody asks for any more: written off, handed over, time-barred."""
    profile, given_up = work.state.profile, work.state.case.given_up
    left = tuple(key for key in invoice_ids if key not in given_up)
    if profile is None or not left:
        return left
    today = work.now.date()
    book = work.policy.contact.book(profile.facts.country, today)
    late = barred(work.state, work.ledger, book, left, today)
    return tuple(key for key in left if key not in late)


def is_too_little(work: Work, currency: str, minor: int) -> bool:
    """Whether so much is within the tolerance, for which nobody is reminded."""
    return 0 <= minor <= work.policy.overdue.tolerance_minor.get(currency, -1)


def reminders_of(work: Work, invoice_id: str) -> tuple[str, ...]:
    """Reminders that have named the invoice and were not lost, by their message ids.

    One that went out again over another channel is one. What the row has forgotten counts for
    nothing: nobody can say any more that it arrived.
    """
    arrived = {
        (message.sequence, message.step): message.message_id
        for message in work.state.messages
        if message.kind == "reminder"
        and message.state not in LOST
        and invoice_id in message.invoice_ids
    }
    return tuple(arrived.values())


def lost_of(work: Work, message_ids: frozenset[str]) -> frozenset[str]:
    """Those of the messages of which it is known by now that they did not arrive."""
    return frozenset(
        message.message_id
        for message in work.state.messages
        if message.message_id in message_ids and message.state in LOST
    )
