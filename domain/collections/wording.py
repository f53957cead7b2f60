"""The words of a message: written, and checked for what the law wants in it."""

from __future__ import annotations

from domain.collections.work import Work
from domain.compliance.disclosures import disclosures_missing
from domain.events.base import Channel
from domain.events.customers import CustomerUpdated
from domain.templates.rendering import Addressee, Draft, NoTemplate, Rendered, Writer


class Unwritable(Exception):
    """No template has the words, a value was not given, or a required line is missing.

    The text is a short code for people; what can't be written is held, never sent without.
    """


def is_wordless(because: str | None) -> bool:
    """Whether this is what held a message that could not be written."""
    return because is not None and because.startswith(("text:", "disclosure:"))


def write(work: Work, facts: CustomerUpdated, channel: Channel, draft: Draft) -> Rendered:
    """The message. Raises Unwritable."""
    name = facts.brand or work.policy.default_brand
    reader = Addressee(
        name=facts.name.given or facts.name.family,
        language=facts.language,
        country=facts.country,
        brand=name,
    )
    try:
        text = Writer(work.policy.texts, work.policy.legal_texts).write(reader, channel, draft)
    except NoTemplate as fault:
        raise Unwritable(f"text:{fault}") from None
    brand = work.policy.texts.brands.get(name)
    missing = disclosures_missing(
        work.policy.contact,
        facts.country,
        work.now.date(),
        channel,
        draft.purpose,
        text.body,
        text.language,
        brand.name if brand else name,
    )
    if missing:
        raise Unwritable(f"disclosure:{missing[0]}")
    return text
