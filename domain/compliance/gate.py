"""The contact gate: the one function that says whether, when and how somebody may be contacted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from domain.collections.channels import Purpose, candidates
from domain.collections.work import Work
from domain.compliance.book import Book
from domain.compliance.caps import release
from domain.compliance.forbidding import NO_PROFILE, forbidden
from domain.compliance.nameable import ARRANGEMENT, nameable
from domain.compliance.rows import CapRule
from domain.compliance.timing import timing_of
from domain.events.base import Channel

CAP = "cap"


@dataclass(frozen=True, slots=True)
class Wish:
    """A contact that somebody wants to make."""

    purpose: Purpose
    #: `reminder`, `thank_you`, or the kind of a notice.
    kind: str
    #: Spreads what opens together: hashed with the customer.
    what: str
    currency: str | None = None
    invoice_ids: tuple[str, ...] = ()
    tried: tuple[Channel, ...] = ()
    #: Only these channels; empty: the customer's order.
    channels: tuple[Channel, ...] = ()
    #: At any hour: the customer has just acted.
    at_once: bool = False
    #: All of its invoices or none: it says sums that belong to exactly these.
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`allow` names channel, address and until when it may leave; `defer` when to ask again.

    `deny` holds until something changes. `because` is the short code that people see, `rule` the
    rule's id, with the version of the rule set that decided.
    """

    action: Literal["allow", "defer", "deny"]
    because: str = ""
    rule: str = ""
    version: int = 0
    until: dt.datetime | None = None
    channel: Channel | None = None
    to: str = ""
    ends: dt.datetime | None = None
    #: Those of the wish's invoices that the message may name.
    invoice_ids: tuple[str, ...] = ()

    @property
    def leave(self) -> tuple[Channel, str, dt.datetime]:
        """Channel, address and until when it may leave, of a verdict that allows."""
        if self.channel is None or self.ends is None:
            raise ValueError("only what the gate allows may be written")
        return self.channel, self.to, self.ends


class _Capped(NamedTuple):
    """Since when the caps leave room, over which channel, and the row that makes us wait."""

    since: dt.datetime
    channel: tuple[Channel, str]
    rule: str = ""


def ask(work: Work, wish: Wish) -> Verdict:
    """Whether the contact may be made now. Nothing leaves without it."""
    profile, version = work.state.profile, work.policy.contact.version
    refused = forbidden(work, wish.purpose)
    if refused is not None or profile is None:
        return Verdict("deny", *(refused or NO_PROFILE), version)
    facts = profile.facts
    book = work.policy.contact.book(facts.country, work.now.date())
    named = wish.invoice_ids
    if wish.purpose == "collection":
        named, unaskable = nameable(work, book, named, wish.kind, whole=wish.whole)
        if unaskable is not None:
            rules = work.policy.plans if unaskable[1] == ARRANGEMENT else work.policy.contact
            return Verdict("deny", *unaskable, rules.version)
    chosen = candidates(work.state, work.policy, wish.purpose, wish.tried, wish.channels)
    capped = _under_caps(work, wish, book, chosen)
    if capped is None:
        return Verdict("deny", "no_channel", "channel", version)
    channel, to = capped.channel
    if wish.at_once:
        ends = work.now + dt.timedelta(hours=work.policy.at(work.now).thanks_hours)
        return Verdict("allow", "", "", version, None, channel, to, ends, named)
    timing = timing_of(work, book, facts, wish.what, capped.since)
    if timing.ends is not None:
        return Verdict("allow", "", "", version, None, channel, to, timing.ends, named)
    if timing.until is None:
        return Verdict("deny", timing.because, timing.rule, version)
    why = (CAP, capped.rule) if capped.rule else (timing.because, timing.rule)
    return Verdict("defer", *why, version, timing.until, channel, to)


def _under_caps(
    work: Work, wish: Wish, book: Book, chosen: Iterator[tuple[Channel, str]]
) -> _Capped | None:
    """The first channel that is free now, else the one that is free first; None without any."""
    since, rule = _latest(work, wish, book.caps)
    if not book.channel_caps or wish.at_once:
        first = next(chosen, None)
        return None if first is None else _Capped(since, first, rule)
    found = []
    for one in chosen:
        caps = tuple(cap for cap in book.channel_caps if one[0] in cap.channels)
        free, why = _latest(work, wish, caps)
        found.append(_Capped(max(since, free), one, why if free > since else rule))
    return min(found, key=lambda capped: capped.since, default=None)


def _latest(work: Work, wish: Wish, caps: tuple[CapRule, ...]) -> tuple[dt.datetime, str]:
    since, rule = work.now, ""
    for cap in caps:
        free = release(work.state, cap, wish.kind, work.now)
        if free is not None and free > since:
            since, rule = free, cap.id
    return since, rule
