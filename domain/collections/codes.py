"""Return codes of direct debits and what each calls for: a matrix kept as data."""

from __future__ import annotations

import datetime as dt
import tomllib
from functools import cached_property
from importlib.resources import files
from typing import Literal

from domain.events.base import Data
from domain.events.ledger import DirectDebitFailed
from domain.policy.ruleset import RuleSet

Action = Literal["retry", "contact", "new_mandate", "our_fault", "stop", "ignore"]

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
    rows: tuple[Rule, ...]
    unknown: Rule

    def rule(self, failed: DirectDebitFailed) -> Rule:
        """The row for a failed debit. The ISO code counts before the bank's own."""
        proprietary = failed.reason_code is None
        code = (failed.reason_proprietary if proprietary else failed.reason_code) or ""
        # A failure dated before the first row is still judged: by the first rows there are.
        on = max(failed.failed_at.date(), self._begins)
        for row in self.rows:
            if row.covers(code.upper(), failed.debtor_country, on, proprietary=proprietary):
                return row
        return self.unknown

    @cached_property
    def _begins(self) -> dt.date:
        return min(row.valid_from for row in self.rows)

    def calls_for_contact(self, failed: DirectDebitFailed) -> bool:
        """Whether the customer may be reminded of it."""
        return self.rule(failed).action in CONTACT


def load_return_codes() -> ReturnCodes:
    """The starting matrix, from its data file: call it at start."""
    text = (files("domain.collections") / "data" / "return_codes.toml").read_text("utf-8")
    return ReturnCodes.model_validate(tomllib.loads(text))
