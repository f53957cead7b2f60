"""A seeded town: people, their invoices, debits, payments and applications, as events.

Pure: the same seed, start and rate give the same stream. `dunnock.town` publishes it.
"""

from __future__ import annotations

from simulators.town.events import TownEvent
from simulators.town.traffic import Town

__all__ = ["Town", "TownEvent"]
