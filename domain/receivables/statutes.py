"""What the law of a country lets a creditor charge a consumer: effective-dated rows of data."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.events.base import Channel, Country, Data, Day, Id
from domain.money import Currency

Percent = Annotated[Decimal, Field(ge=0, le=100)]
Minor = Annotated[int, Field(strict=True, ge=0, le=10**12)]
#: `MM-DD`, every year.
DayOfYear = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Weekday = Annotated[int, Field(strict=True, ge=0, le=6)]


class Fixed(Data):
    """Part of a rule set: what is misspelt must not be silently without effect."""

    model_config = Data.model_config | {"extra": "forbid"}


class Bracket(Fixed):
    """`percent` of the part of the principal above the bracket before and up to `up_to_minor`."""

    percent: Percent
    #: Absent: without end; only the last bracket.
    up_to_minor: Minor | None = None


class Stacking(Fixed):
    """Recurring instalments below an amount: what was charged before counts (see docs/fees.md)."""

    instalment_below_minor: Minor
    kinds: frozenset[str]
    look_back_months: Annotated[int, Field(strict=True, ge=1, le=60)]
    window_max_minor: Minor | None = None


class Post(Fixed):
    """When a letter is taken to have arrived: so many days of delivery after it was posted."""

    delivery_days: Annotated[int, Field(strict=True, ge=1, le=30)]
    #: Monday is 0. On these and on holidays no post is brought.
    #: Never all of the week, nor most of the year: some day must bring it.
    closed_weekdays: Annotated[frozenset[Weekday], Field(max_length=6)] = frozenset()
    holidays: Annotated[frozenset[DayOfYear], Field(max_length=40)] = frozenset()
    #: Days from Easter Sunday.
    easter_days: Annotated[frozenset[int], Field(max_length=40)] = frozenset()


class LetterTerms(Fixed):
    """The letter that must have lapsed, unanswered, before a fee is owed."""

    #: The law's minimum is in the data; none may be shorter than a fortnight.
    days: Annotated[int, Field(strict=True, ge=14, le=90)]
    notice: Id
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    post: Post
    #: Days for money to arrive that was sent in time: what is received in them counts as in time.
    grace_days: Annotated[int, Field(strict=True, ge=0, le=30)] = 0


class Statute(Fixed):
    """One row of law. Rows of one id follow on each other by `valid_from`."""

    id: Id
    country: Country
    currency: Currency
    valid_from: Day
    source: Annotated[str, Field(min_length=1)]
    #: `scale`: a percentage of the principal; `flat`: an amount of the creditor's, with a limit.
    kind: Literal["scale", "flat"]
    brackets: tuple[Bracket, ...] = ()
    min_minor: Minor = 0
    max_minor: Minor | None = None
    #: On top of the amount where the creditor can't recover it.
    vat_percent: Percent = Decimal(0)
    stacking: Stacking | None = None
    letter: LetterTerms | None = None
    #: Of the item that is late: a flat fee may not exceed it.
    max_percent_of_item: Percent | None = None
    #: A flat fee only after so many reminders have named the item.
    after_reminders: Annotated[int, Field(strict=True, ge=0, le=10)] = 0

    @model_validator(mode="after")
    def _is_whole(self) -> Statute:
        if self.kind == "scale":
            limits = [one.up_to_minor for one in self.brackets]
            if not limits or limits[-1] is not None or None in limits[:-1]:
                raise ValueError("brackets: the last one, and only it, is without `up_to_minor`")
            bounds = [limit for limit in limits if limit is not None]
            if bounds != sorted(set(bounds)):
                raise ValueError("brackets: each ends above the one before")
            if self.letter is None:
                raise ValueError("letter: no statutory cost without a letter that has lapsed")
        elif self.brackets or self.stacking is not None:
            raise ValueError("a flat statute has neither brackets nor stacking")
        elif self.letter is not None:
            # It would be claimed at once, and once more when the letter has lapsed.
            raise ValueError("letter: a flat statute has none, its fee is claimed without one")
        elif self.max_minor is None:
            raise ValueError("max_minor: a flat statute says how much is too much")
        if self.max_minor is not None and self.max_minor < self.min_minor:
            raise ValueError("max_minor is below min_minor")
        return self
