"""The customer's case as their live row shows it."""

from __future__ import annotations

from typing import Any

from domain.collections.state import CustomerState


def case_view(state: CustomerState) -> dict[str, Any]:
    """JSON-ready: `case` is null while nothing is chased; notes newest last; what was given up."""
    file = state.case
    case = None
    if file.case_id is not None:
        case = {
            "case_id": file.case_id,
            "state": file.state,
            "opened_at": file.opened_at.isoformat() if file.opened_at else None,
        }
    return {
        "case": case,
        "notes": [note.model_dump(mode="json") for note in file.notes],
        "given_up": [
            {
                "invoice_id": key,
                **entry.model_dump(mode="json", exclude_none=True, exclude={"open_minor"}),
            }
            for key, entry in file.given_up.items()
        ],
    }
