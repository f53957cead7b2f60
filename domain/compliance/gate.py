"""The contact gate: the one function that says whether, when and how somebody may be contacted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from domain.arrangements.blocking import blocks
from domain.collections.channels import Purpose, choose
from domain.collections.claims import stop_code
from domain.collections.windows import window_of
from domain.collections.work import Work
from domain.events.base import Channel


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

    @property
    def leave(self) -> tuple[Channel, str, dt.datetime]:
        """Channel, address and until when it may leave, of a verdict that allows."""
        if self.channel is None or self.ends is None:
            raise ValueError("only what the gate allows may be written")
        return self.channel, self.to, self.ends


def ask(work: Work, wish: Wish) -> Verdict:
    """Whether the contact may be made now. Nothing leaves without it."""
    state, version = work.state, work.policy.contact.version
    if state.profile is None:
        return Verdict("deny", "no_profile", "profile", version)
    for flag in state.profile.facts.flags:
        if wish.purpose == "collection" or flag in work.policy.hold_thanks:
            return Verdict("deny", f"flag:{flag}", "flags", version)
    stopped = stop_code(state, work.policy.return_codes)
    if stopped is not None:
        return Verdict("deny", f"return_code:{stopped}", "stop_code", version)
    if wish.purpose == "collection":
        agreed = blocks(work, wish.invoice_ids, wish.kind)
        if agreed is not None:
            return Verdict("deny", agreed, "arrangement", work.policy.plans.version)
    chosen = choose(state, work.policy, wish.purpose, wish.tried, wish.channels)
    if chosen is None:
        return Verdict("deny", "no_channel", "channel", version)
    window = window_of(work, wish.what)
    ends = work.now + dt.timedelta(hours=work.policy.at(work.now).thanks_hours)
    if not wish.at_once:
        if window is None:
            return Verdict("deny", "window_closed", "window", version)
        if not window.is_open(work.now):
            return Verdict("defer", "window_closed", "window", version, until=window.try_at)
        ends = window.ends
    channel, to = chosen
    return Verdict("allow", version=version, channel=channel, to=to, ends=ends)
