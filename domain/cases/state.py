"""What a customer's row keeps of their case."""

from __future__ import annotations

from domain.row import Row


class CaseFile(Row):
    """The customer's one case: notes, write-offs, hand-overs."""
