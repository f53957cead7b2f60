"""Our own history with an applicant: provider number 0, asked before anybody is paid (F46)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.events.base import Data
from domain.money import MINOR_MAX, Currency

_Debt = Annotated[int, Field(ge=0, le=MINOR_MAX * 1000)]


class OwnHistory(Data):
    """What we know of a customer. Not known is neither good nor bad: the facts stay missing."""

    known: bool = False
    open_minor_by_currency: dict[Currency, _Debt] = Field(default_factory=dict)
    overdue_minor_by_currency: dict[Currency, _Debt] = Field(default_factory=dict)
    #: Failed direct debits that were not our own fault.
    returns: int | None = None
    tenure_days: int | None = None

    @property
    def overdue(self) -> bool | None:
        """Whether a debt is overdue; None when we don't know the customer."""
        if not self.known:
            return None
        return any(minor > 0 for minor in self.overdue_minor_by_currency.values())


UNKNOWN = OwnHistory()
