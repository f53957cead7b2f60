"""The rule set `charges`: which fees exist, within which law, and in which order money pays."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.events.base import Country, Id
from domain.money import PositiveMoney
from domain.policy.ruleset import RuleSet
from domain.receivables.state import AllocationRow
from domain.receivables.statutes import Fixed, Statute


class Charge(Fixed):
    """A fee that a rule of `fee-status` may call for, within a statute."""

    id: Id
    statute: Id
    #: Absent: whatever was bought, whoever sells it.
    kinds: frozenset[str] | None = None
    brands: frozenset[str] | None = None
    #: Of a `flat` statute: how much.
    flat: PositiveMoney | None = None
    #: The creditor can't recover the VAT of the costs, so it comes on top.
    vat_on_top: bool = False


class ReturnCharge(Fixed):
    """What the bank charged for a returned debit is passed on, up to a limit."""

    country: Country
    most: PositiveMoney
    valid_from: dt.date
    source: Annotated[str, Field(min_length=1)]


class ChargeRules(RuleSet):
    """Fees: statutory tables, letters, and in which order money pays."""

    id: Literal["charges"]
    statutes: tuple[Statute, ...] = ()
    charges: tuple[Charge, ...] = ()
    return_charges: tuple[ReturnCharge, ...] = ()
    #: Empty: the oldest due first, whatever it is.
    allocation: tuple[AllocationRow, ...] = ()
    #: What becomes of a fee when all it rests on is paid.
    when_principal_is_paid: Literal["keep", "waive"] = "keep"

    @property
    def is_silent(self) -> bool:
        """Whether these rules charge nothing."""
        return not self.charges and not self.return_charges

    @cached_property
    def by_id(self) -> dict[str, Charge]:
        """Charges by id."""
        return {charge.id: charge for charge in self.charges}

    def statute(self, statute_id: str, on: dt.date) -> Statute | None:
        """The row in force on a day; None before the first."""
        rows = [row for row in self.statutes if row.id == statute_id and row.valid_from <= on]
        return max(rows, key=lambda row: row.valid_from, default=None)

    def return_charge(self, country: str, on: dt.date) -> ReturnCharge | None:
        """The row in force in a country on a day."""
        rows = [r for r in self.return_charges if r.country == country and r.valid_from <= on]
        return max(rows, key=lambda row: row.valid_from, default=None)

    @model_validator(mode="after")
    def _fits_together(self) -> ChargeRules:
        _once("charges", (charge.id for charge in self.charges))
        _once("statutes", (f"{row.id} of {row.valid_from}" for row in self.statutes))
        _once("allocation", (str(row.valid_from) for row in self.allocation))
        for charge in self.charges:
            rows = [row for row in self.statutes if row.id == charge.statute]
            if not rows:
                raise ValueError(f"charge {charge.id}: no statute {charge.statute!r}")
            for row in rows:
                _check(charge, row)
        return self

    def findings(self) -> list[str]:
        """What a person should know before this goes live."""
        found = [
            f"statute {row.id} of {row.valid_from}: its source is not verified"
            for row in self.statutes
            if "[unverified]" in row.source
            and any(charge.statute == row.id for charge in self.charges)
        ]
        found += [
            f"return charge of {row.country} of {row.valid_from}: its source is not verified"
            for row in self.return_charges
            if "[unverified]" in row.source
        ]
        if self.when_principal_is_paid == "waive" and any(
            row.order[0] != "principal" for row in self.allocation
        ):
            found.append(
                "fees end when their principal is paid, but money pays fees first:"
                " only payments that name their invoices will ever end one"
            )
        if not self.is_silent and not self.allocation:
            found.append("no order of allocation: money pays the oldest due first, fees among them")
        return found


def _once(where: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{where}: {twice[0]} stands there twice")


def _check(charge: Charge, row: Statute) -> None:
    """Whether a charge keeps within a row of its statute."""
    if row.kind == "scale":
        if charge.flat is not None:
            raise ValueError(f"charge {charge.id}: its amount follows from the statute, not `flat`")
        return
    if charge.flat is None:
        raise ValueError(f"charge {charge.id}: how much? `flat` is missing")
    if charge.flat.currency != row.currency:
        raise ValueError(f"charge {charge.id}: the statute is in {row.currency}")
    if charge.flat.minor > (row.max_minor or 0):
        raise ValueError(
            f"charge {charge.id}: {charge.flat.minor} is more than {row.max_minor},"
            f" which {row.id} allows from {row.valid_from}"
        )
