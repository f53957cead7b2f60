"""What a rule wants done. The shell in `agents/` carries it out; rules only return it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events.base import Data


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish `data` as `ce_type` on `topic`. `event_id` is deterministic: a rerun repeats it."""

    topic: str
    ce_type: str
    event_id: str
    key: str
    data: Data


@dataclass(frozen=True, slots=True)
class RequestLook:
    """Decide `ref` only after the log has been read up to its present end (the last look)."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The event is a dead letter: `reason` a short code, `detail` for people, no personal data."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class RefuseWaiting:
    """An earlier event, kept in the row as it came, is given up: a dead letter."""

    raw: str
    reason: str
    detail: str


Effect = Publish | RequestLook | Refuse | RefuseWaiting
