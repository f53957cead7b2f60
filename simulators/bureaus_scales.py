"""Each simulated bureau's own scale and codes, written down apart from the connectors.

Two independent descriptions of one protocol: the contract tests find where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class OwnScale:
    """`worst` and `best` as the bureau counts; scores are multiples of `step`."""

    worst: Decimal
    best: Decimal
    step: Decimal

    def own(self, normalised: int) -> Decimal:
        """A score of 0-1000 on the bureau's own scale."""
        raw = self.worst + (self.best - self.worst) * normalised / 1000
        return (raw / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step


SCALES = {
    "bkr": OwnScale(Decimal(10000), Decimal(0), Decimal(1)),
    "preventel": OwnScale(Decimal(1000), Decimal(0), Decimal(1)),
    "experian": OwnScale(Decimal(0), Decimal(1250), Decimal(1)),
    "schufa": OwnScale(Decimal(100), Decimal(999), Decimal(1)),
    "infoscore": OwnScale(Decimal(0), Decimal(1000), Decimal(1)),
    "identity": OwnScale(Decimal(0), Decimal(1), Decimal("0.001")),
    "sanctions": OwnScale(Decimal(100), Decimal(0), Decimal("0.1")),
}

#: What a bureau reports of people with a low and with a middling score.
CODES_LOW = {
    "bkr": ("A", "2"),
    "preventel": ("UNPAID",),
    "experian": ("R01", "R04"),
    "schufa": ("UNPAID", "COLLECTION"),
    "infoscore": ("INKASSO",),
    "identity": ("ID_MISMATCH",),
    "sanctions": ("LISTED",),
}
CODES_MIDDLING = {
    "bkr": ("1",),
    "experian": ("R05",),
    "schufa": ("UNPAID",),
    "infoscore": ("ANFRAGEN",),
}
LOW_BELOW = 200
MIDDLING_UP_TO = 400
