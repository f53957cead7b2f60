"""Through which channel a customer may be reached, for which purpose."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.events.base import Channel
from domain.events.customers import Contact, CustomerUpdated
from domain.notices.addresses import is_bad

Purpose = Literal["service", "collection"]
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


def address_of(contact: Contact, channel: Channel) -> str | None:
    """Where the channel reaches the customer, None where it does not."""
    match channel:
        case "sms":
            return contact.mobile
        case "push":
            return contact.push_token
        case "email":
            return contact.email
        case "letter":
            return _postal(contact.address)


def _postal(address: Any) -> str | None:
    if isinstance(address, dict):
        known = ("street", "number", "postal_code", "city", "country")
        lines = [str(address[key]) for key in known if address.get(key)]
        return " ".join(lines) or None
    return str(address) if address else None


def is_allowed(state: CustomerState, channel: Channel, purpose: Purpose) -> bool:
    """Whether consent leaves the channel open for the purpose.

    Without an entry it does. The newest entry decides; of two at the same instant the refusal. An
    opt-out closes the channel for every purpose until a newer grant: one of its instant is none.
    """
    if state.profile is None:
        return False
    newest = _LONG_AGO, True
    for consent in state.profile.facts.consents:
        if consent.channel == channel and consent.purpose == purpose:
            newest = max(newest, (consent.at, consent.granted), key=lambda e: (e[0], not e[1]))
    at, granted = newest
    opted_out = state.opt_outs.get(channel)
    return granted and (opted_out is None or at > opted_out)


def choose(
    state: CustomerState,
    policy: CollectionsPolicy,
    purpose: Purpose,
    tried: tuple[Channel, ...] = (),
    only: tuple[Channel, ...] = (),
) -> tuple[Channel, str] | None:
    """The first channel in the customer's order that is allowed, has an address and is untried.

    An address from which something came back for good is none. `only`: of these, in their order.
    """
    if state.profile is None:
        return None
    facts = state.profile.facts
    for channel in only or _order(facts, policy):
        address = address_of(facts.contact, channel)
        if not address or channel in tried or is_bad(state, address):
            continue
        if is_allowed(state, channel, purpose):
            return channel, address
    return None


def _order(facts: CustomerUpdated, policy: CollectionsPolicy) -> tuple[Channel, ...]:
    if facts.preferences is not None and facts.preferences.channels:
        return facts.preferences.channels
    return policy.default_channels
