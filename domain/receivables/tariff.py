"""How much a statute allows: exact arithmetic, rounded down to the cent at the very end.

Rounding is in the customer's favour: the brackets are added up exactly, the sum is cut to whole
minor units, then the minimum and maximum hold; VAT is taken of that and cut likewise.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from domain.receivables.statutes import Stacking, Statute


@dataclass(frozen=True, slots=True)
class Earlier:
    """Recurring instalments of the look-back: their principal and what they were charged."""

    base: int = 0
    charged: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What may be asked: `total` with the `vat` in it."""

    total: int
    vat: int = 0


NOTHING = Cost(0)


def on_scale(statute: Statute, principal: int) -> int:
    """The costs of one claim without VAT; nothing for no principal."""
    if principal <= 0:
        return 0
    exact, below = Decimal(0), 0
    for bracket in statute.brackets:
        top = principal if bracket.up_to_minor is None else min(principal, bracket.up_to_minor)
        exact += max(0, top - below) * bracket.percent / 100
        below = top
    cost = max(_whole(exact), statute.min_minor)
    return cost if statute.max_minor is None else min(cost, statute.max_minor)


def cost_of(
    statute: Statute,
    items: Mapping[str, int],
    recurring: frozenset[str] = frozenset(),
    earlier: Earlier = Earlier(),
    *,
    vat_on_top: bool = False,
) -> Cost:
    """The costs of one letter for `items` (invoice -> open principal): the sum is one claim.

    Recurring instalments are charged the least that any reading of the look-back gives.
    """
    principal = sum(items.values())
    net = on_scale(statute, principal)
    instalments = {key: minor for key, minor in items.items() if key in recurring}
    if statute.stacking is not None and instalments:
        others = on_scale(statute, principal - sum(instalments.values()))
        net = min(net, others + _stacked(statute, statute.stacking, instalments, earlier))
    vat = _whole(net * statute.vat_percent / 100) if vat_on_top else 0
    return Cost(net + vat, vat)


def flat_cost(statute: Statute, flat: int, item: int, *, vat_on_top: bool = False) -> Cost:
    """A flat fee for an item that is late, within the statute's limits."""
    net = min(flat, statute.max_minor or 0)
    if statute.max_percent_of_item is not None:
        net = min(net, _whole(item * statute.max_percent_of_item / 100))
    vat = _whole(net * statute.vat_percent / 100) if vat_on_top else 0
    return Cost(net + vat, vat)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day `months` earlier, or the last of that month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _stacked(
    statute: Statute, stacking: Stacking, instalments: Mapping[str, int], earlier: Earlier
) -> int:
    """The least of the readings of D12.

    The dearest of the instalments alone; the sum with those of the look-back as one claim, less
    what they were charged; and what is left of the most for a window.
    """
    dearest = max(on_scale(statute, minor) for minor in instalments.values())
    together = on_scale(statute, earlier.base + sum(instalments.values())) - earlier.charged
    least = min(dearest, together)
    if stacking.window_max_minor is not None:
        least = min(least, stacking.window_max_minor - earlier.charged)
    return max(0, least)


def _whole(exact: Decimal) -> int:
    return int(exact.to_integral_value(rounding=ROUND_DOWN))
