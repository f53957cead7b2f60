"""Addresses at which nobody can be reached: not used again until the customer changes them."""

from __future__ import annotations

from domain.collections.state import CustomerState, Message
from domain.collections.work import Work
from domain.identity import digest
from domain.notices.state import BadAddress


def digest_of(address: str) -> str:
    """What a row keeps of an address beside the profile."""
    return digest(address, size=5)


def is_bad(state: CustomerState, address: str) -> bool:
    """Whether something came back from it for good."""
    bad = state.notices.bad_addresses
    return bool(bad) and digest_of(address) in bad


def mark(work: Work, message: Message, detail: object) -> None:
    """Mark the address of a failed message, when the reason says that it is the address."""
    reason = str(detail.get("reason") if isinstance(detail, dict) else detail)
    rules, notices = work.policy.delivery, work.state.notices
    if not message.address or reason not in rules.hard_bounces:
        return
    kept = list(notices.bad_addresses.items())[-rules.bad_addresses_max + 1 :]
    bad = BadAddress(channel=message.channel, since=work.now, because=reason)
    marked = {**dict(kept), message.address: bad}
    work.set(notices=notices.model_copy(update={"bad_addresses": marked}))
