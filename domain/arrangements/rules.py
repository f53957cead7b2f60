"""Follows what was agreed: kept, broken, paused, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.arrangements.recording import record
from domain.collections.work import Work

__all__ = ["conclude", "due", "record"]


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """Instants at which `conclude` has something to do without an event."""
    return iter(())
