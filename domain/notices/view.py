"""Notices as the customer's view shows them."""

from __future__ import annotations

from typing import Any

from domain.collections.state import CustomerState


def notices_view(state: CustomerState) -> dict[str, Any]:
    """What is owed with what holds it, what went out and when it arrived, and bad addresses."""
    notices = state.notices
    if not (notices.owed or notices.sent or notices.bad_addresses):
        return {}
    return {
        "notices": {
            "owed": [
                {
                    "key": key,
                    **one.model_dump(
                        mode="json",
                        include={"kind", "due", "status", "because", "until", "invoice_ids"},
                        exclude_none=True,
                    ),
                }
                for key, one in notices.owed.items()
            ],
            "sent": [
                {"key": key, **one.model_dump(mode="json", exclude={"notice"}, exclude_none=True)}
                for key, one in notices.sent.items()
            ],
        },
        "bad_addresses": [one.model_dump(mode="json") for one in notices.bad_addresses.values()],
    }
