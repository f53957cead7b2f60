"""What the dispatcher needs of a gateway, and the ways in which a hand-over can end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Paper:
    """What a letter needs beside its words; lines are as they stand on paper."""

    recipient: tuple[str, ...]
    sender: tuple[str, ...]
    brand: str
    date: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a gateway gets it. `message_id` is the idempotency key."""

    message_id: str
    to: str
    body: str
    subject: str | None = None
    language: str | None = None
    #: Of letters only.
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has it and says so."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway will never take it."""

    reason: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """The gateway did not take it this time; sending again under the same key is right.

    `after_s`: it asked to be left alone for so long.
    """

    reason: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may or may not have taken it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Asked, the gateway says that it does not know the message."""


Outcome = Accepted | Rejected | TryLater | Uncertain
Answer = Accepted | Absent | Uncertain

#: Awaited right before the content leaves, to put down that it may be out. False: don't send.
BeforeHandover = Callable[[], Awaitable[bool]]


class Gateway(Protocol):
    """One provider of one channel. Trouble is an outcome: only `before_handover` may raise."""

    @property
    def can_be_asked(self) -> bool:
        """Whether it notices a repeated key and answers `ask`. If not, never repeat blindly."""

    async def send(self, message: Outgoing, before_handover: BeforeHandover) -> Outcome:
        """Hand the message over, within the gateway's own timeout."""

    async def ask(self, message_id: str) -> Answer:
        """Whether it took the message. Only for those that can be asked."""
