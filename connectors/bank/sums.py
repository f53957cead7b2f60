"""Control sums: what a message says of itself against what stands in it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from connectors.bank.limits import FileRefused, Limits
from connectors.bank.values import decimal_of


class Sums:
    """Collects what does not fit. By policy the first misfit ends the file, or all are noted."""

    def __init__(self, limits: Limits) -> None:
        self._must_fit = limits.sums_must_fit
        self.misfits: list[str] = []

    def misfit(self, what: str, said: object, found: object, line: int) -> None:
        """`what` says one thing and the file holds another."""
        why = f"{what} says {said}, but there is {found}"
        if self._must_fit:
            raise FileRefused("control_sum", f"A control sum is wrong: {why}.", line)
        if len(self.misfits) < 100:
            self.misfits.append(f"{why} (line {line})")

    def count(self, what: str, said: str | None, found: int, line: int) -> None:
        """A number of entries or items, if one is said."""
        if said is None:
            return
        number = decimal_of(said)
        if number is None or number != found:
            self.misfit(what, said[:30], found, line)

    def total(self, what: str, said: str | None, found: Collection[Decimal], line: int) -> None:
        """A sum, if one is said. Several findings: any may be meant (with or without charges)."""
        if said is None:
            return
        amount = decimal_of(said.removeprefix("-"))
        if amount is None or amount not in {abs(one) for one in found}:
            self.misfit(what, said[:30], " or ".join(str(one) for one in sorted(found)), line)
