"""What a customer's row keeps of it."""

from __future__ import annotations

from domain.row import Row


class Receivables(Row):
    """Fees claimed, waived or refused, and the letters they rest on."""
