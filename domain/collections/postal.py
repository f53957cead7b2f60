"""What stands in the address field of a letter, and who sends it."""

from __future__ import annotations

from domain.collections.work import Work
from domain.events.base import Channel
from domain.events.customers import Contact, CustomerUpdated
from domain.events.outputs import Postal

_LINES = (("street", "number"), ("postal_code", "city"), ("country",))


def postal_of(work: Work, facts: CustomerUpdated, channel: Channel) -> Postal | None:
    """The address field and the sender of a letter; None for other channels."""
    if channel != "letter":
        return None
    name = facts.brand or work.policy.default_brand
    brand = work.policy.texts.brands.get(name)
    return Postal(
        recipient=(f"{facts.name.given} {facts.name.family}".strip(), *postal_lines(facts.contact)),
        sender=(brand.company, *brand.sender) if brand else (name,),
        brand=brand.name if brand else name,
    )


def postal_lines(contact: Contact) -> tuple[str, ...]:
    """The postal address line by line, without the name; as it is written when it is one text."""
    address = contact.address
    if not isinstance(address, dict):
        return tuple(line.strip() for line in str(address or "").splitlines() if line.strip())
    joined = (" ".join(str(address[key]) for key in line if address.get(key)) for line in _LINES)
    return tuple(line for line in joined if line)
