"""What is wrong with a template, in words that name language, template and variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from domain.templates.kinds import ALWAYS, KINDS, Kind
from domain.templates.legal import NAMES
from domain.templates.placeholders import Malformed, names_in, parts_of, unknown
from domain.templates.sms import sms_length

#: A template of more SMS than this is worth a second thought: each is paid for.
SMS_PARTS_MAX = 3
#: What a value takes in a text, about: for the length of a template that is not filled in yet.
_VALUE = "x" * 12
_LINK = "x" * 140
#: What stands for one item of a list, and for the number of those left out of a short message.
ITEM, MORE = frozenset({"invoice", "amount", "due"}), frozenset({"count"})


class Checked(Protocol):
    """A template, as far as it is checked."""

    @property
    def subject(self) -> str:
        """Over mails and letters."""

    @property
    def short(self) -> str | None:
        """For SMS and push."""

    @property
    def long(self) -> str:
        """For mails and letters."""


def of_blocks(where: str, blocks: Mapping[str, str]) -> Iterator[str]:
    """Blocks of one's own: none may stand in for the law's, and each names values only."""
    for name, text in blocks.items():
        if name in NAMES:
            yield f"{where}: block {name} is locked: legal-texts has its words"
        try:
            if names_in(text, "block") | names_in(text, "legal"):
                yield f"{where}, block {name}: a block holds no other block"
        except Malformed as error:
            yield f"{where}, block {name}: {error}"


def of_lists(where: str, item: str, more: str) -> Iterator[str]:
    """How a language names what is open: the words of an item, and of those left out."""
    for name, words, known in (("item", item, ITEM), ("more", more, MORE)):
        try:
            for variable in unknown(words, known):
                yield f"{where}, {name}: unknown variable {{{variable}}}"
            if names_in(words, "block") | names_in(words, "legal"):
                yield f"{where}, {name}: holds no block"
        except Malformed as error:
            yield f"{where}, {name}: {error}"


def of_template(where: str, kind: str, text: Checked, blocks: Mapping[str, str]) -> Iterator[str]:
    """Unknown variables and blocks, and what the kind must hold and does not."""
    rules = KINDS.get(kind)
    if rules is None:
        yield f"{where}: there is no such message"
        return
    if rules.long_only and text.short is not None:
        yield f"{where}: goes out by mail or letter only, so it has no short text"
    if not rules.long_only and text.short is None:
        yield f"{where}: has no short text for SMS and push"
    for name in ("subject", "short", "long"):
        words = getattr(text, name)
        if words is None:
            continue
        try:
            yield from _of_field(f"{where}, {name}", name, words, rules, blocks)
        except Malformed as error:
            yield f"{where}, {name}: {error}"


def _of_field(
    where: str, name: str, words: str, rules: Kind, blocks: Mapping[str, str]
) -> Iterator[str]:
    known, mine = ALWAYS | rules.values, names_in(words, "block")
    for block in sorted(mine - set(blocks)):
        yield f"{where}: unknown block {{block:{block}}}"
    for block in sorted(names_in(words, "legal") - NAMES):
        yield f"{where}: unknown block of law {{legal:{block}}}"
    inside = [blocks[block] for block in sorted(mine & set(blocks))]
    for one in (words, *inside):
        for variable in unknown(one, known):
            yield f"{where}: unknown variable {{{variable}}}"
    if name == "subject":
        return
    said = frozenset[str]().union(*(names_in(one, "value") for one in (words, *inside)))
    for variable in sorted(rules.must_hold - said):
        yield f"{where}: {{{variable}}} must be named"
    if not said & {"brand", "company"}:
        yield f"{where}: does not say from whom it comes: name {{brand}} or {{company}}"
    if name == "long":
        for block in sorted(rules.legal - names_in(words, "legal")):
            yield f"{where}: must hold the locked block {{legal:{block}}}"


def sms_parts_about(short: str) -> int:
    """How many SMS the template takes, with values of usual length."""
    try:
        filled = "".join(
            word if sort == "text" else _LINK if word == "link" else _VALUE
            for sort, word in parts_of(short)
        )
    except Malformed:
        return 0
    return sms_length(filled).parts
