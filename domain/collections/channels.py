"""Through which channel a customer may be reached, for which purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from domain.arrangements.preferences import preferences
from domain.collections.policy import CollectionsPolicy
from domain.collections.state import CustomerState
from domain.compliance.consents import consents_to, is_stopped, limit_on
from domain.events.base import Channel
from domain.events.customers import Contact, CustomerUpdated
from domain.notices.addresses import is_bad

Purpose = Literal["service", "collection"]


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


def is_allowed(
    state: CustomerState, channel: Channel, purpose: Purpose, address: str | None = None
) -> bool:
    """Whether the customer leaves the channel open for the purpose, at the address they have.

    By consent (`compliance.consents`), by what they stopped, and by whose address it is.
    """
    if state.profile is None:
        return False
    address = address or address_of(state.profile.facts.contact, channel)
    file = state.compliance
    if is_stopped(file, channel) or limit_on(file, channel, address or "") is not None:
        return False
    return consents_to(state, channel, purpose, address)


def candidates(
    state: CustomerState,
    policy: CollectionsPolicy,
    purpose: Purpose,
    tried: tuple[Channel, ...] = (),
    only: tuple[Channel, ...] = (),
) -> Iterator[tuple[Channel, str]]:
    """The channels in the customer's order that are allowed, have an address and are untried.

    An address from which something came back for good is none. `only`: of these, in their order.
    """
    if state.profile is None:
        return
    facts = state.profile.facts
    for channel in only or _order(state, facts, policy):
        address = address_of(facts.contact, channel)
        if not address or channel in tried or is_bad(state, address):
            continue
        if is_allowed(state, channel, purpose, address):
            yield channel, address


def choose(
    state: CustomerState,
    policy: CollectionsPolicy,
    purpose: Purpose,
    tried: tuple[Channel, ...] = (),
    only: tuple[Channel, ...] = (),
) -> tuple[Channel, str] | None:
    """The first of the candidates."""
    return next(candidates(state, policy, purpose, tried, only), None)


def _order(
    state: CustomerState, facts: CustomerUpdated, policy: CollectionsPolicy
) -> tuple[Channel, ...]:
    """What the customer set themselves outranks the profile, and that the policy."""
    own = preferences(state).channels
    if own:
        return own
    if facts.preferences is not None and facts.preferences.channels:
        return facts.preferences.channels
    return policy.default_channels
