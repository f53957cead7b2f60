"""The rule set `legal-texts`: the words of the law that no template can change."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.events.base import Channel, Country, Data
from domain.policy.ruleset import RuleSet
from domain.templates.kinds import ALWAYS, KINDS
from domain.templates.languages import ByTag
from domain.templates.placeholders import Malformed, names_in, unknown

#: Blocks that templates may name; a block of one's own can't have one of these names.
NAMES = frozenset({"fourteen_days", "validation", "plan_terms", "debt_advice"})


class LegalBlock(Data):
    """One effective-dated wording in every language."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    valid_from: dt.date
    source: Annotated[str, Field(min_length=1)]
    texts: ByTag[Annotated[str, Field(min_length=1)]]


class Line(Data):
    """A block that stands under every message of these channels, whatever the template says."""

    block: str
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    #: Only where the reader lives here, only for this purpose; empty: everywhere, always.
    countries: tuple[Country, ...] = ()
    purposes: tuple[Literal["service", "collection"], ...] = ()

    def concerns(self, channel: Channel, country: str, purpose: str) -> bool:
        """Whether a message must hold the line."""
        return (
            channel in self.channels
            and (not self.countries or country in self.countries)
            and (not self.purposes or purpose in self.purposes)
        )


class LegalTexts(RuleSet):
    """Locked blocks, and which of them stand under every message."""

    id: Literal["legal-texts"]
    blocks: tuple[LegalBlock, ...]
    lines: tuple[Line, ...]

    @cached_property
    def languages(self) -> frozenset[str]:
        """Languages in which every block has words: no message goes out in another."""
        every = [frozenset(block.texts) for block in self.blocks]
        return frozenset.intersection(*every) if every else frozenset()

    @cached_property
    def _newest_first(self) -> dict[str, tuple[LegalBlock, ...]]:
        found: dict[str, list[LegalBlock]] = {}
        for block in sorted(self.blocks, key=lambda one: one.valid_from, reverse=True):
            found.setdefault(block.name, []).append(block)
        return {name: tuple(rows) for name, rows in found.items()}

    def words(self, name: str, language: str, today: dt.date) -> str:
        """The wording in force; before the first, the first. Raises KeyError."""
        rows = self._newest_first[name]
        return next((row for row in rows if row.valid_from <= today), rows[-1]).texts[language]

    def lines_for(self, channel: Channel, country: str, purpose: str) -> tuple[str, ...]:
        """Names of the blocks that a message must hold, in order."""
        return tuple(line.block for line in self.lines if line.concerns(channel, country, purpose))

    @model_validator(mode="after")
    def _is_total(self) -> LegalTexts:
        """Every block that is named exists, and names no value that is not always given."""
        known = {block.name for block in self.blocks}
        wanted = NAMES | {line.block for line in self.lines}
        if absent := sorted(wanted - known):
            raise ValueError(f"legal blocks without words: {', '.join(absent)}")
        if "en" not in self.languages:
            raise ValueError("every legal block needs at least English, the last resort")
        for block in self.blocks:
            for language, text in block.texts.items():
                _check(f"legal block {block.name}, language {language}", text, block.name)
        return self


def _check(where: str, text: str, name: str) -> None:
    given = ALWAYS.union(*(kind.values for kind in KINDS.values() if name in kind.legal))
    try:
        if strangers := unknown(text, given):
            raise ValueError(f"{where}: unknown variable {{{strangers[0]}}}")
        if names_in(text, "legal") | names_in(text, "block"):
            raise ValueError(f"{where}: a legal block holds no other block")
    except Malformed as error:
        raise ValueError(f"{where}: {error}") from None


def load_legal_texts() -> LegalTexts:
    """The starting wording, from the data file: call it at start."""
    document = files("domain.templates") / "data" / "legal.toml"
    return LegalTexts.model_validate(tomllib.loads(document.read_text("utf-8")))
