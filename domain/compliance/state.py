"""What a customer's row keeps of it."""

from __future__ import annotations

from domain.row import Row


class ComplianceFile(Row):
    """Calls, conversations, consents and the clocks of the law."""
