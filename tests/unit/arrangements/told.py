"""Stories of agreements: actions by staff or customers, and somebody who owes."""

from __future__ import annotations

from typing import Any

from tests.unit.collections.story import CUSTOMER, Story


def act(story: Story, kind: str, /, **data: Any) -> Story:
    """An action now, by staff unless said otherwise."""
    body = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "anna", **data}
    return story.tell(kind, body)


def owing_two(story: Story | None = None, **fields: Any) -> Story:
    """Two invoices by link, overdue, reminded together on Monday the first of June."""
    story = (story or Story()).customer(**fields)
    story.invoice("i1", payment_method="link").invoice("i2", 2000, payment_method="link")
    assert story.wait(minutes=15).reminders
    return story


def pay(story: Story, payment_id: str, minor: int, **fields: Any) -> Story:
    """Money received now."""
    return story.payment(payment_id, minor, received_at=story.now.isoformat(), **fields)


def said(story: Story) -> list[str]:
    """Types of what was published about agreements, in order."""
    return [one.ce_type for one in story.effects if getattr(one, "topic", "") == "arrangements"]
