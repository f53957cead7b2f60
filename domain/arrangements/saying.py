"""Publishes what became of an agreement, under ids that a rerun repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.effects import Publish
from domain.events.base import Data
from domain.identity import digest

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.work import Work

TOPIC = "arrangements"


def say(work: Work, ce_type: str, data: Data, *about: str) -> None:
    """`about` makes the id: the agreement and which change of it this is."""
    customer_id = work.state.customer_id
    event_id = f"a-{digest(customer_id, ce_type, *about)}"
    work.effects.append(Publish(TOPIC, ce_type, event_id, customer_id, data))
