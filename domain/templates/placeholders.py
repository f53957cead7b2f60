"""Templates as people write them: `{name}` is a value, `{legal:NAME}` a locked block of the law.

`{block:NAME}` is a block of the language's or the brand's own. Nothing else is understood, and a
value is put in once: braces inside of it stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from string import Formatter
from typing import Literal, NamedTuple

_NAME = re.compile(r"[a-z][a-z0-9_]*")
Sort = Literal["text", "value", "legal", "block"]


class Part(NamedTuple):
    """A piece of text as it is, or the name of what stands there."""

    sort: Sort
    what: str


class Malformed(ValueError):
    """A brace without its other, or something between braces that is no name."""


class Missing(LookupError):
    """What a template names and nobody has given: `name`, as it stands between the braces."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@lru_cache(maxsize=4096)
def parts_of(template: str) -> tuple[Part, ...]:
    """The template in pieces. Raises Malformed."""
    parts: list[Part] = []
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise Malformed(str(error)) from None
    for text, field, spec, conversion in pieces:
        if text:
            parts.append(Part("text", text))
        if field is None:
            continue
        if conversion or not _NAME.fullmatch(field):
            raise Malformed(f"{{{field}}} is not the name of a value")
        if spec and field in {"legal", "block"} and _NAME.fullmatch(spec):
            parts.append(Part("legal" if field == "legal" else "block", spec))
        elif spec or field in {"legal", "block"}:
            raise Malformed(f"{{{field}:{spec}}} is not a block")
        else:
            parts.append(Part("value", field))
    return tuple(parts)


def names_in(template: str, sort: Sort) -> frozenset[str]:
    """What of a sort the template names. Raises Malformed."""
    return frozenset(part.what for part in parts_of(template) if part.sort == sort)


def fill(
    template: str, values: Mapping[str, str], blocks: Mapping[Sort, Callable[[str], str]]
) -> str:
    """The text. `blocks` give the template of a block by its name. Raises Missing, Malformed."""
    filled: list[str] = []
    for sort, what in parts_of(template):
        if sort == "text":
            filled.append(what)
        elif sort == "value":
            if what not in values:
                raise Missing(what)
            filled.append(values[what])
        else:
            # A block holds values, never another block: it can't go round in circles.
            filled.append(fill(blocks[sort](what), values, {}) if sort in blocks else _lost(what))
    return "".join(filled)


def _lost(name: str) -> str:
    raise Missing(name)


def unknown(template: str, known: Iterable[str]) -> list[str]:
    """Names of values in the template that are not known, in order. Raises Malformed."""
    return sorted(names_in(template, "value") - set(known))
