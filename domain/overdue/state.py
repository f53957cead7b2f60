"""What a customer's row keeps of it."""

from __future__ import annotations

from domain.row import Row


class Overdue(Row):
    """The state last published, and when it is to be looked at again."""
