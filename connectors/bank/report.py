"""What became of a bank file: counts of everything, lists of what somebody must look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from connectors.bank.booking import Outcome
from connectors.bank.items import Ignored, Row, SetAside
from connectors.bank.limits import FileRefused
from connectors.bank.reading import About
from connectors.postgres.bank_files import LISTED_MAX


@dataclass(slots=True)
class Tally:
    """Counts while a file is read and booked; `report` is what is kept and shown."""

    about: About = field(default_factory=About)
    returns: int = 0
    rejected_count: int = 0
    rejected: list[SetAside] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    charges: Counter[str] = field(default_factory=Counter)
    rematched: int = 0
    known: int = 0

    def read(self, row: Row) -> None:
        """A row was read."""
        if isinstance(row, Ignored):
            self.ignored[row.because] += 1
        elif isinstance(row, SetAside):
            self.rejected_count += 1
            if len(self.rejected) < LISTED_MAX:
                self.rejected.append(row)
        else:
            self.returns += 1
            if row.charge is not None:
                self.charges[row.charge.currency] += row.charge.minor

    def booked(self, outcome: Outcome) -> None:
        """A batch was booked."""
        self.rematched += outcome.rematched
        self.known += outcome.already_known

    def progress(self, done: int) -> dict[str, Any]:
        """Counts on the way."""
        return {"returns": self.returns, "done": done, "rejected": self.rejected_count}

    def report(self, own: dict[str, int]) -> dict[str, Any]:
        """`own`: how many returns this file was the first to report, by state."""
        booked = own.get("booked", 0) + self.rematched
        unmatched = own.get("unmatched", 0)
        counts = {
            "messages": self.about.messages_count,
            "entries": self.about.entries,
            "returns": self.returns,
            "booked": booked,
            "already_known": max(0, self.returns - booked - unmatched),
            "unmatched": unmatched,
            "rejected": self.rejected_count,
            "ignored": sum(self.ignored.values()),
        }
        return {
            "counts": counts,
            "messages": self.about.messages,
            "ignored": dict(sorted(self.ignored.items())),
            "rejected": [row.model_dump() for row in self.rejected],
            "misfits": self.about.misfits,
            "foreign": self.about.foreign,
            "charges": [
                {"minor": minor, "currency": currency}
                for currency, minor in sorted(self.charges.items())
            ],
        }

    def refusal(self, error: FileRefused) -> dict[str, Any]:
        """Of a file that is refused whole: nothing of it was booked."""
        report = self.report({})
        report["counts"] |= {"returns": 0, "booked": 0, "already_known": 0, "unmatched": 0}
        return report | {
            "refused": {"code": error.code, "why": str(error), "line": error.line},
            "charges": [],
        }
