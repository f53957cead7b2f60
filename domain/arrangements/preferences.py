"""The customer's own reminder rules: what they set themselves outranks `customer.updated.v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.events.base import Channel
from domain.events.customers import QuietHours
from domain.row import Row

if TYPE_CHECKING:  # collections are put together from this
    from domain.collections.state import CustomerState


class OwnRules(Row):
    """What the customer set; None: as the profile or the policy says."""

    channels: tuple[Channel, ...] | None = None
    quiet_hours: QuietHours | None = None
    days_before_due: int | None = None


_NONE = OwnRules()


def preferences(state: CustomerState) -> OwnRules:
    """The rules in force: the newest the customer set, as a whole."""
    own = state.arrangements.preferences
    if own is None:
        return _NONE
    return OwnRules(
        channels=own.channels or None,
        quiet_hours=own.quiet_hours,
        days_before_due=own.days_before_due,
    )
