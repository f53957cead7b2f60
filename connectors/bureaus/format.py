"""What a bureau's own format is translated from and to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from domain.acceptance.checks import Subject


class Babble(ValueError):
    """The answer makes no sense. The text names the defect and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call. The bureau repeats `call_id`, so that no answer is taken for another's."""

    call_id: str
    purpose: str
    subject: Subject

    def expect_as_answered(self, call_id: str | None) -> None:
        """Raises Babble unless the answer repeats the id of this very call."""
        if call_id != self.call_id:
            raise Babble("the answer belongs to another question")


@dataclass(frozen=True, slots=True)
class Told:
    """What a bureau said, its score still on its own scale."""

    hit: bool
    score: Decimal | None = None
    fraud: bool = False
    findings: tuple[str, ...] = ()


class Format(Protocol):
    """One module for each format: both functions are pure."""

    @property
    def content_type(self) -> str: ...

    def encode(self, question: Question) -> bytes: ...

    def decode(self, body: bytes, question: Question) -> Told:
        """Raises Babble (or pydantic's ValidationError) for everything that is no answer."""


@dataclass(frozen=True, slots=True)
class FormatOf:
    """A format made of two functions."""

    content_type: str
    encode: Callable[[Question], bytes]
    decode: Callable[[bytes, Question], Told]


def told(
    *,
    hit: bool,
    score: Decimal | int | None,
    fraud: bool,
    codes: tuple[str, ...],
    meanings: dict[str, str],
) -> Told:
    """A score, a suspicion or a finding implies a hit. Codes we don't know are left out."""
    findings = tuple(dict.fromkeys(meanings[code] for code in codes if code in meanings))
    return Told(
        hit=hit or score is not None or fraud or bool(findings),
        score=None if score is None else Decimal(score),
        fraud=fraud,
        findings=findings,
    )
