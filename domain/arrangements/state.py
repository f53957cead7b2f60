"""What a customer's row keeps of it."""

from __future__ import annotations

from domain.row import Row


class Arrangements(Row):
    """Everything agreed with a customer that changes how they are reminded."""
