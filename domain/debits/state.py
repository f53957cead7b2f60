"""What a customer's row keeps of it."""

from __future__ import annotations

from domain.row import Row


class Debits(Row):
    """Retries, mandates and provisional collections."""
