"""The rule set `delivery`: what counts as arrived, and when another channel takes over."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from domain.events.base import Channel, Data
from domain.policy.ruleset import RuleSet


class PostDays(Data):
    """How long the post takes, at the most that is usual: later is safer for the reader."""

    valid_from: dt.date
    source: str
    business_days: Annotated[int, Field(strict=True, ge=1, le=30)]


class PromisedReceipts(Data):
    """The provider of the channel confirms each message; silence means that it was lost."""

    channel: Channel
    hours: Annotated[int, Field(strict=True, ge=1, le=720)]


Answer = Literal[
    "dispute_upheld", "dispute_rejected", "promise_broken", "fee_claimed", "handed_over"
]


class DeliveryRules(RuleSet):
    """Receipts, bounces and the post."""

    id: Literal["delivery"]
    post: Annotated[tuple[PostDays, ...], Field(min_length=1)]
    #: Reasons of a failure after which an address is not used again until it changes.
    hard_bounces: tuple[str, ...] = ()
    #: Channels whose silence the next one takes over; empty: no silence means anything.
    receipts: tuple[PromisedReceipts, ...] = ()
    #: A message that comes back later than this is not sent again.
    returns_days: Annotated[int, Field(strict=True, ge=1, le=365)] = 35
    #: A payment link is good for one payment; a new one comes on request.
    single_use_links: bool = False
    #: Of which decisions customers are told; empty: of none, as the product starts.
    answers: tuple[Answer, ...] = ()
    bad_addresses_max: Annotated[int, Field(strict=True, ge=1, le=100)] = 20

    def post_days(self, day: dt.date) -> int:
        """Business days from the hand-over to the post until a letter is taken as delivered."""
        rows = self._newest_first
        return next((row for row in rows if row.valid_from <= day), rows[-1]).business_days

    def receipt_hours(self, channel: Channel) -> int | None:
        """After how many hours of silence a message of the channel is lost; None: never."""
        return next((row.hours for row in self.receipts if row.channel == channel), None)

    @cached_property
    def _newest_first(self) -> tuple[PostDays, ...]:
        return tuple(sorted(self.post, key=lambda row: row.valid_from, reverse=True))

    def findings(self) -> list[str]:
        """Silence that is taken for a loss too early would write to people twice."""
        return [
            f"{row.channel}: silence of {row.hours} h is taken for a loss; receipts may be later"
            for row in self.receipts
            if row.hours < 4
        ]
