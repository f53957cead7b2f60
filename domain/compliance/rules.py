"""Keeps what the contact gate counts by: calls, conversations, consents, notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.work import Work
from domain.effects import Refuse
from domain.events.actions import Action


def record(work: Work, ce_id: str, data: Action) -> Refuse | None:
    """Put an action into the row, once by its own id. Actions of other parts change nothing."""
    return None


def conclude(work: Work) -> None:
    """Draw the conclusions from the facts. Doing it again at the same instant adds nothing."""


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """Instants at which `conclude` has something to do without an event."""
    return iter(())
