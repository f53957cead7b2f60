"""The state of arrears as the customer's live row shows it."""

from __future__ import annotations

from typing import Any

from domain.collections.state import CustomerState


def overdue_view(state: CustomerState) -> dict[str, Any]:
    """JSON-ready; `overdue` is null for somebody who never was behind."""
    overdue = state.overdue
    if overdue.state is None:
        return {"overdue": None}
    return {
        "overdue": {
            "state": overdue.state,
            "since": overdue.since.isoformat() if overdue.since else None,
            "restricted": list(overdue.applied),
            "proposes": overdue.proposes,
            "review_at": overdue.review_at.isoformat() if overdue.review_at else None,
        }
    }
