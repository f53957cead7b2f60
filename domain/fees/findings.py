"""What people should know of a table of fee rules: unreachable rows, overlaps, gaps.

Every condition splits its field into finitely many parts (the values named, the ranges between
bounds, and "any other"). One representative of each combination is tried against the rows, so
what is found is exact, as long as the combinations are few enough to be tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from math import gcd, prod
from typing import Any

from domain.fees.policy import FeeRule, Situation

#: More combinations than this are sampled evenly, and a finding says so.
COMBINATIONS_MAX = 40_000
OVERLAPS_MAX = 10
_OTHER = "\x00any other"


def findings(rules: tuple[FeeRule, ...]) -> list[str]:
    """For people, the most important first. Rows are counted from 1."""
    dimensions = _dimensions(rules)
    total = prod(len(values) for values in dimensions)
    decides: set[int] = set()
    overlaps: dict[tuple[int, int], None] = {}
    alone: set[tuple[int, int]] = set()
    gap: Situation | None = None
    for at in _situations(dimensions, total):
        matching = [number for number, rule in enumerate(rules, 1) if rule.matches(at)]
        if not matching:
            gap = gap or (at if at.days_late > 0 else None)
            continue
        decides.add(matching[0])
        for later in matching[1:]:
            overlaps[matching[0], later] = None
        # A row that also holds where the other does not is no mere exception of it.
        alone.update(
            (one, other)
            for one in matching
            for other in range(1, len(rules) + 1)
            if other not in matching
        )
    found = [
        f"row {number} ({rule.status}) never decides: the rows before it cover all it speaks of"
        for number, rule in enumerate(rules, 1)
        if number not in decides
    ]
    found += _overlaps(rules, decides, overlaps, alone)
    if gap is not None:
        found.append(f"no row speaks of {_told(gap)}: the status is `regular`, without a fee")
    if total > COMBINATIONS_MAX:
        found.append(f"{total} combinations are too many to try: {COMBINATIONS_MAX} were")
    return found


def _overlaps(
    rules: tuple[FeeRule, ...],
    decides: set[int],
    overlaps: dict[tuple[int, int], None],
    alone: set[tuple[int, int]],
) -> list[str]:
    """Pairs that both match somewhere, neither being an exception of the other, and differ."""
    pairs = [
        (first, later)
        for first, later in sorted(overlaps)
        if {(first, later), (later, first)} <= alone
        and {first, later} <= decides
        and _answer(rules[first - 1]) != _answer(rules[later - 1])
    ]
    return [
        f"rows {first} ({rules[first - 1].status}) and {later} ({rules[later - 1].status})"
        f" overlap: row {first} decides"
        for first, later in pairs[:OVERLAPS_MAX]
    ]


def _answer(rule: FeeRule) -> tuple[Any, ...]:
    return rule.status, rule.fees


def _dimensions(rules: tuple[FeeRule, ...]) -> list[list[Any]]:
    return [
        _bounds(rules, "days_late"),
        _bounds(rules, "loyalty_years"),
        _named(rules, "person_groups"),
        _named(rules, "regions"),
        _named(rules, "customers"),
        _named(rules, "brands"),
        _named(rules, "kinds"),
        _amounts(rules),
    ]


def _bounds(rules: tuple[FeeRule, ...], field: str) -> list[Any]:
    """One number of each range between the bounds that the rows name."""
    starts = {0}
    for rule in rules:
        low, high = getattr(rule, f"{field}_min"), getattr(rule, f"{field}_max")
        starts |= {low} if low is not None else set()
        starts |= {high + 1} if high is not None else set()
    return sorted(start for start in starts if start >= 0)


def _named(rules: tuple[FeeRule, ...], field: str) -> list[Any]:
    names = set().union(*(getattr(rule, field) or () for rule in rules))
    return [*sorted(names), _OTHER]


def _amounts(rules: tuple[FeeRule, ...]) -> list[Any]:
    found: set[tuple[str, int]] = set()
    for rule in rules:
        if rule.currency is not None:
            ends = {rule.amount_min_minor or 0, (rule.amount_max_minor or 0) + 1, 0}
            found |= {(rule.currency, minor) for minor in ends}
    return [*sorted(found), ("", 0)]


def _situations(dimensions: list[list[Any]], total: int) -> Iterator[Situation]:
    stride = -(-total // COMBINATIONS_MAX)
    while stride > 1 and any(gcd(stride, len(values)) > 1 for values in dimensions):
        stride += 1  # else whole values of a field would be jumped over
    for row in islice(product(*dimensions), 0, None, stride):
        days, years, group, region, customer, brand, kind, (currency, minor) = row
        yield Situation(
            days_late=days,
            loyalty_years=years,
            person_group=group,
            region=region,
            customer_id=customer,
            brand=brand,
            kinds=frozenset({kind}),
            open_minor={currency: minor} if currency else {},
        )


def _told(at: Situation) -> str:
    said = [f"{at.days_late} days late", f"{at.loyalty_years} years a customer"]
    named = {
        "group": at.person_group,
        "region": at.region,
        "customer": at.customer_id,
        "brand": at.brand,
    }
    said += [f"{name} {value}" for name, value in named.items() if value and value != _OTHER]
    return ", ".join(said)
