"""The providers: a new one is a row here, and a module if it has a format of its own.

Scales, prices and times are those of our simulators. Real ones come with a contract; SCHUFA's
scale is the one of spring 2026 (domain-facts D22).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from connectors.bureaus import bkr, experian, infoscore, plain
from connectors.bureaus.format import Format
from connectors.bureaus.scale import Scale
from domain.money import Money

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `cost` is of a call that was answered; a kept answer costs nothing."""

    id: str
    path: str
    format: Format
    scale: Scale
    cost: Money
    cache_ttl_s: int = 24 * _HOUR_S
    #: A limit of its own below the deadline of all; None: the deadline alone.
    timeout_s: float | None = None


def _row(
    provider_id: str,
    path: str,
    form: Format,
    scale: tuple[str, str, Literal["higher", "lower"], str],
    cents: int,
    cache_ttl_s: int = 24 * _HOUR_S,
) -> Provider:
    lowest, highest, better, version = scale
    return Provider(
        id=provider_id,
        path=path,
        format=form,
        scale=Scale(Decimal(lowest), Decimal(highest), better, version),
        cost=Money(minor=cents, currency="EUR"),
        cache_ttl_s=cache_ttl_s,
    )


_ROWS = (
    _row("bkr", "/bkr/toets", bkr.FORMAT, ("0", "10000", "lower", "bp-1"), 95),
    _row("preventel", "/preventel/v1", plain.FORMAT, ("0", "1000", "lower", "p-1"), 30),
    _row("experian", "/experian/v2", experian.FORMAT, ("0", "1250", "higher", "2025"), 120),
    _row("schufa", "/schufa/v1", plain.FORMAT, ("100", "999", "higher", "2026-03"), 110),
    _row("infoscore", "/infoscore/auskunft", infoscore.FORMAT, ("0", "1000", "higher", "i-1"), 80),
    _row("identity", "/identity/v1", plain.FORMAT, ("0", "1", "higher", "share-3"), 45),
    # Lists change daily: an answer from this morning is no answer.
    _row("sanctions", "/sanctions/v1", plain.FORMAT, ("0", "100", "lower", "s-1"), 10, _HOUR_S),
)
REGISTRY: dict[str, Provider] = {row.id: row for row in _ROWS}
