"""Views that some rule sets have besides their rows: a matrix, a diagram, worked examples."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from domain.collections.codes import ReturnCodes
from domain.collections.codes import Rule as CodeRule
from domain.overdue.diagram import svg
from domain.overdue.policy import OverdueRules
from domain.policy.ruleset import RuleSet
from domain.receivables.policy import ChargeRules
from domain.receivables.statutes import Statute
from domain.receivables.tariff import on_scale
from domain.templates.texts import Texts

#: Principals whose costs people know by heart, in minor units (domain-facts D10).
EXAMPLES_MINOR = (
    10_000,
    26_667,
    30_000,
    250_000,
    500_000,
    1_000_000,
    2_300_000,
    20_000_000,
    100_000_000,
    200_000_000,
)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Return codes down, countries across; the last column is every other country."""

    countries: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a statute allows for well-known principals."""

    statute: Statute
    amounts: tuple[tuple[dict[str, Any], dict[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Special:
    """At most one of them is there."""

    matrix: Matrix | None = None
    diagram: Markup | None = None
    scales: tuple[Scale, ...] = ()
    has_preview: bool = False


def special_of(rules: RuleSet, language: str, today: dt.date) -> Special:
    """What there is beside the rows; mostly nothing."""
    if isinstance(rules, ReturnCodes):
        return Special(matrix=_matrix(rules, today))
    if isinstance(rules, OverdueRules):
        # Our own picture of checked data; it escapes what it writes.
        return Special(diagram=Markup(svg(rules, language)))  # noqa: S704
    if isinstance(rules, ChargeRules):
        scales = tuple(_scale(row) for row in rules.statutes if row.kind == "scale")
        return Special(scales=scales)
    return Special(has_preview=isinstance(rules, Texts))


def _matrix(rules: ReturnCodes, today: dt.date) -> Matrix:
    countries = sorted({country for row in rules.rows for country in row.countries})
    codes = sorted({code for row in rules.rows if not row.proprietary for code in row.codes})
    prefixes = sorted({prefix for row in rules.rows for prefix in row.prefixes})
    shown = [(code, code) for code in codes] + [(f"{prefix}…", prefix) for prefix in prefixes]
    rows = tuple(
        (name, tuple(_cell(rules, code, country, today) for country in (*countries, "")))
        for name, code in shown
    )
    return Matrix(tuple(countries), rows)


def _cell(rules: ReturnCodes, code: str, country: str, today: dt.date) -> tuple[str, int]:
    """Action and retries of the first row that covers it, as `ReturnCodes.rule` decides."""
    found: CodeRule = next(
        (row for row in rules.rows if row.covers(code, country, today, proprietary=False)),
        rules.unknown,
    )
    return found.action, found.retries_max


def _scale(statute: Statute) -> Scale:
    def money(minor: int) -> dict[str, Any]:
        return {"minor": minor, "currency": statute.currency}

    amounts = tuple((money(each), money(on_scale(statute, each))) for each in EXAMPLES_MINOR)
    return Scale(statute, amounts)
