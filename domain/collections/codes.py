"""Return codes of direct debits and what each calls for: a matrix kept as data."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from domain.events.base import Data
from domain.events.ledger import DirectDebitFailed
from domain.policy.ruleset import RuleSet

Action = Literal["retry", "contact", "new_mandate", "our_fault", "stop", "ignore"]

#: Codes that stand for our own faults, or for a death: to ask anybody to pay would be wrong.
_MEANT: dict[str, Action] = {
    **dict.fromkeys(
        ("AG02", "FF01", "FF05", "BE05", "DT01", "AM05", "AM06", "DUPL", "MD02", "RR0"), "our_fault"
    ),
    "MD07": "stop",
    "0000": "ignore",
}
_WORDS = {"our_fault": "our own fault", "stop": "a death", "ignore": "no failure"}
#: After these the customer may be asked to pay.
CONTACT: frozenset[Action] = frozenset({"retry", "contact", "new_mandate"})


class Rule(Data):
    """One row: what a code means from `valid_from` on, and where that was read."""

    action: Action
    valid_from: dt.date
    source: str
    codes: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    countries: frozenset[str] = frozenset()
    #: A bank's own code (`reason_proprietary`) rather than an ISO one.
    proprietary: bool = False
    retries_max: int = 0
    #: The mandate by which it was collected has ended (MD01).
    revokes_mandate: bool = False
    #: What the code says, for people.
    meaning: str = ""

    def speaks_of(self, code: str) -> bool:
        """Whether the row decides about the code, or about some that begin with it."""
        return code.startswith(self.prefixes) or any(one.startswith(code) for one in self.codes)

    def hides(self, below: Rule, code: str) -> bool:
        """Whether a lower row can never decide about `code`, because this one always does."""
        return (
            self.proprietary == below.proprietary
            and self.valid_from <= below.valid_from
            and (not self.countries or frozenset() != below.countries <= self.countries)
            and (code in self.codes or code.startswith(self.prefixes))
        )

    def covers(self, code: str, country: str, on: dt.date, *, proprietary: bool) -> bool:
        """Whether this row speaks of the code."""
        return (
            self.proprietary == proprietary
            and self.valid_from <= on
            and (not self.countries or country in self.countries)
            and (code in self.codes or code.startswith(self.prefixes))
        )


class ReturnCodes(RuleSet):
    """The matrix. The first row that covers a code decides; `unknown` what none covers."""

    id: Literal["return-codes"]
    rows: Annotated[tuple[Rule, ...], Field(min_length=1)]
    unknown: Rule

    def rule(self, failed: DirectDebitFailed) -> Rule:
        """The row for a failed debit. The ISO code counts before the bank's own."""
        proprietary = failed.reason_code is None
        code = (failed.reason_proprietary if proprietary else failed.reason_code) or ""
        on = failed.failed_at.date()
        return self.rule_of(code, failed.debtor_country, on, proprietary=proprietary)

    def rule_of(self, code: str, country: str, on: dt.date, *, proprietary: bool = False) -> Rule:
        """The row for a code by itself."""
        # What is dated before the first row is still judged: by the first rows there are.
        on = max(on, self._begins)
        for row in self.rows:
            if row.covers(code.upper(), country, on, proprietary=proprietary):
                return row
        return self.unknown

    @cached_property
    def _begins(self) -> dt.date:
        return min(row.valid_from for row in self.rows)

    def findings(self) -> list[str]:
        """What a person should know: faults of ours that reach customers, rows that never decide.

        Worked through code by code, so a row that another hides is found whatever hides it.
        """
        return [*self._unreachable(), *self._softened(), *self._oddly_retried()]

    def _unreachable(self) -> list[str]:
        found = []
        for place, row in enumerate(self.rows):
            if not row.codes and not row.prefixes:
                found.append(f"row {place + 1} names no code: it never decides")
            hidden = sorted(
                code
                for code in (*row.codes, *row.prefixes)
                if any(above.hides(row, code) for above in self.rows[:place])
            )
            if hidden:
                found.append(f"row {place + 1} is never reached for {', '.join(hidden)}")
        return found

    def _softened(self) -> list[str]:
        """Codes that the starting matrix says are no customer's doing, or forbid all contact."""
        found = []
        for code, was in sorted(_MEANT.items()):
            for row in (*self.rows, self.unknown):
                if row.proprietary or (row is not self.unknown and not row.speaks_of(code)):
                    continue
                if row.action != was and row.action in CONTACT:
                    found.append(f"{code} is {_WORDS[was]}, but customers would be asked to pay")
                if not row.countries:
                    break
        return found

    def _oddly_retried(self) -> list[str]:
        found = [
            f"{', '.join(sorted(row.codes | set(row.prefixes)))}: retried, but never"
            for row in self.rows
            if row.action == "retry" and not row.retries_max
        ]
        if self.unknown.action in {"ignore", "our_fault"}:
            found.append("unknown codes would reach nobody: such debts are never collected")
        if self.unknown.action == "stop":
            found.append("unknown codes would end all contact for good")
        return found

    def calls_for_contact(self, failed: DirectDebitFailed) -> bool:
        """Whether the customer may be reminded of it."""
        return self.rule(failed).action in CONTACT


def load_return_codes() -> ReturnCodes:
    """The starting matrix, from its data file: call it at start."""
    text = (files("domain.collections") / "data" / "return_codes.toml").read_text("utf-8")
    return ReturnCodes.model_validate(tomllib.loads(text))
