"""The customer's own reminder rules: what they set themselves outranks `customer.updated.v1`."""

from __future__ import annotations

from domain.collections.state import CustomerState
from domain.events.base import Channel
from domain.events.customers import QuietHours
from domain.row import Row


class OwnRules(Row):
    """What the customer set; None: as the profile or the policy says."""

    channels: tuple[Channel, ...] | None = None
    quiet_hours: QuietHours | None = None
    days_before_due: int | None = None


def preferences(state: CustomerState) -> OwnRules:  # noqa: ARG001 - not yet
    """The rules in force."""
    return OwnRules()
