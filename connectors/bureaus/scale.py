"""Scores of every bureau on one scale: 0 to 1000, higher is better."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

NORMAL_MAX = 1000


@dataclass(frozen=True, slots=True)
class Scale:
    """A bureau's own scale. Bureaus change theirs (domain-facts D22), so it has a version.

    A scale with fewer than 1,000 steps cannot tell neighbouring normalised scores apart.
    """

    lowest: Decimal
    highest: Decimal
    better: Literal["higher", "lower"]
    version: str

    def normalised(self, raw: Decimal) -> int:
        """ValueError when `raw` is not on the scale: a bureau that babbles is not believed."""
        if not raw.is_finite() or not self.lowest <= raw <= self.highest:
            raise ValueError(f"a score outside the scale {self.version}")
        share = (raw - self.lowest) / (self.highest - self.lowest) * NORMAL_MAX
        up = int(share.quantize(Decimal(1), ROUND_HALF_UP))
        return up if self.better == "higher" else NORMAL_MAX - up
