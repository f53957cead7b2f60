"""Money: integer minor units with an ISO 4217 currency. No float comes near it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from domain.currencies import is_currency

#: More than any consumer invoice; keeps sums far inside 64 bits.
MINOR_MAX = 10**15


def _known_currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is not an ISO 4217 currency")
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)]


class Money(BaseModel):
    """An amount >= 0 as it stands in the contract: `{"minor": 4999, "currency": "EUR"}`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    minor: Annotated[int, Field(strict=True, ge=0, le=MINOR_MAX)]
    currency: Currency


class PositiveMoney(Money):
    """An amount > 0: what is invoiced, paid or fails cannot be nothing."""

    minor: Annotated[int, Field(strict=True, gt=0, le=MINOR_MAX)]
