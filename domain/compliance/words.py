"""Words by which people end messages, and what a message from them does."""

from __future__ import annotations

import re
from typing import get_args

from domain.collections.work import Work
from domain.compliance.consents import add_entry
from domain.compliance.policy import ContactRules
from domain.compliance.state import LedgerEntry
from domain.events.base import Channel
from domain.events.contacts import MessageReceived

_CHANNELS: dict[str, Channel] = {name: name for name in get_args(Channel)}
_WORD = re.compile(r"[\w-]+")
_PROOF_CHARACTERS_MAX = 1000
#: No phrase is longer: what follows is quoted.
_READ_CHARACTERS_MAX = 2000


def is_stop_word(rules: ContactRules, text: str, language: str = "") -> bool:
    """Whether somebody wants no more messages: a stop word first, or a phrase that is all.

    Words of every language count, whatever language we write to them in: the language may be
    wrong, and one who is stopped by mistake can be asked; one who is not has been ignored.
    """
    words = _WORD.findall(text[:_READ_CHARACTERS_MAX].casefold())
    if not words:
        return False
    languages = {*rules.stop_words, *rules.stop_phrases, language}
    if any(words[0] in map(str.casefold, rules.stop_words.get(one, ())) for one in languages):
        return True
    if len(text) > _READ_CHARACTERS_MAX:
        return False
    said = " ".join(words)
    return any(said in map(str.casefold, rules.stop_phrases.get(one, ())) for one in languages)


def record_message(work: Work, ce_id: str, data: MessageReceived) -> None:
    """Close the channel for the address from which STOP came; without one for every address.

    Not for the address of the profile: which one that is depends on what arrived before.
    """
    channel = _CHANNELS.get(data.channel)
    if channel is None or not is_stop_word(work.policy.contact, data.text):
        return
    add_entry(
        work,
        LedgerEntry(
            channel=channel,
            address=data.address,
            granted=False,
            at=data.at,
            proof=data.text[:_PROOF_CHARACTERS_MAX],
            by="customer",
            ce_id=ce_id,
        ),
    )
