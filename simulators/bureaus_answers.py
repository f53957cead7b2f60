"""What the simulated bureaus say of whom: fixed by name, else a believable hash of the identity."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from simulators.bureaus_scales import CODES_LOW, CODES_MIDDLING, LOW_BELOW, MIDDLING_UP_TO, SCALES

EVERY_PROVIDER = "*"
#: Names fixed at a time; the oldest go.
FIXED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a bureau is asked about, as far as all formats tell. `birth_date` in ISO 8601."""

    given: str
    family: str
    birth_date: str
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, its score normalised to 0-1000."""

    hit: bool
    score: int | None = None
    fraud: bool = False

    def codes(self, provider: str) -> tuple[str, ...]:
        """What the bureau adds in its own codes."""
        if self.score is None or self.score > MIDDLING_UP_TO:
            return ()
        return (CODES_LOW if self.score < LOW_BELOW else CODES_MIDDLING).get(provider, ())


class FixedAnswer(BaseModel):
    """`answer` in `POST /answers`. A score or a suspicion implies a hit."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    score: Annotated[int, Field(ge=0, le=1000)] | None = None
    hit: bool | None = None
    fraud: bool | None = None


class AnswerOrder(BaseModel):
    """The body of `POST /answers`."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    provider: str = EVERY_PROVIDER
    family: str
    answer: FixedAnswer


class Answers:
    """Looks up what is said. A provider's own fixed answer goes before that for all."""

    def __init__(self) -> None:
        self._fixed: dict[tuple[str, str], FixedAnswer] = {}

    def fix(self, order: AnswerOrder) -> None:
        """From now on, say this of applicants with that family name."""
        if order.provider not in {EVERY_PROVIDER, *SCALES}:
            raise ValueError(f"no bureau {order.provider!r}")
        if len(self._fixed) >= FIXED_MAX:
            del self._fixed[next(iter(self._fixed))]
        self._fixed[order.provider, _name(order.family)] = order.answer

    def say(self, provider: str, person: Person) -> Said:
        """The same person gets the same answer every time."""
        family = _name(person.family)
        fixed = self._fixed.get((provider, family)) or self._fixed.get((EVERY_PROVIDER, family))
        if fixed is None:
            return _by_hash(provider, person)
        fraud = bool(fixed.fraud)
        hit = bool(fixed.hit) or fixed.score is not None or fraud
        return Said(hit=hit, score=fixed.score, fraud=fraud)


def _name(family: str) -> str:
    return " ".join(family.split()).casefold()


def _shares(*parts: str) -> list[float]:
    """Eight numbers in [0, 1) that follow from the parts."""
    digest = sha256("\x1f".join(parts).casefold().encode()).digest()
    return [int.from_bytes(digest[i : i + 4]) / 2**32 for i in range(0, 32, 4)]


def _by_hash(provider: str, person: Person) -> Said:
    identity = (
        person.given,
        person.family,
        person.birth_date,
        person.postal_code.replace(" ", ""),
    )
    kind, place, *_ = _shares(*identity)
    unknown, jitter, suspicion, *_ = _shares(provider, *identity)
    if suspicion < 0.001:
        return Said(hit=True, fraud=True)
    if unknown < 0.04:
        return Said(hit=False)
    if kind < 0.02:
        base = 20 + place * 175
    elif kind < 0.07:
        base = 205 + place * 190
    else:
        base = 470 + (1 - place * place) * 480
    return Said(hit=True, score=max(0, min(1000, round(base + (jitter - 0.5) * 60))))
