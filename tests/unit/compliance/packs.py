"""Policies and customers for stories of the contact gate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.collections.policy import CollectionsPolicy
from domain.collections.work import Work
from domain.compliance.calling import may_call
from domain.compliance.gate import Verdict, Wish, ask
from tests.unit.collections.story import CUSTOMER, POLICY, Story

ZONE_OF = {
    "NL": "Europe/Amsterdam",
    "DE": "Europe/Berlin",
    "GB": "Europe/London",
    "US": "America/New_York",
}


def with_contact(**changes: Any) -> CollectionsPolicy:
    """The starting policy with other contact rules."""
    return POLICY.model_copy(update={"contact": POLICY.contact.model_copy(update=changes)})


STRICT = with_contact(profile="strict")


def living_in(country: str, **fields: Any) -> dict[str, Any]:
    """What a customer of the country is told with: no number, so no second zone."""
    contact = {"email": "eva@example.org", "push_token": "token-1"}
    return {"country": country, "timezone": ZONE_OF[country], "contact": contact} | fields


def wish(*invoice_ids: str, **fields: Any) -> Wish:
    """A reminder somebody wants to send."""
    told: dict[str, Any] = {
        "purpose": "collection",
        "kind": "reminder",
        "what": "EUR",
        "currency": "EUR",
        "invoice_ids": invoice_ids or ("i1",),
    }
    return Wish(**(told | fields))


def asked(story: Story, now: dt.datetime | None = None, **fields: Any) -> Verdict:
    """What the gate says of a reminder, in the row as it stands."""
    assert story.state is not None
    return ask(Work(story.state, story.policy, now or story.now), wish(**fields))


def callable_now(story: Story) -> dict[str, Any]:
    """Whether they may be called now."""
    assert story.state is not None
    return may_call(Work(story.state, story.policy, story.now))


def call(story: Story, at: dt.datetime | None = None, **detail: Any) -> Story:
    """A call was attempted."""
    return _spoke(story, "call.attempted.v1", at, detail)


def conversation(
    story: Story, at: dt.datetime | None = None, direction: str = "outbound", **detail: Any
) -> Story:
    """A conversation was held."""
    return _spoke(story, "conversation.held.v1", at, detail, direction=direction)


def _spoke(
    story: Story, kind: str, at: dt.datetime | None, detail: dict[str, Any], **fields: Any
) -> Story:
    said = {"customer_id": CUSTOMER, "channel": "call", "at": (at or story.now).isoformat()}
    return story.tell(kind, {**said, "detail": detail or None, **fields})


def act(story: Story, ce_type: str, /, **fields: Any) -> Story:
    """An action of staff or customer, now."""
    done = {"customer_id": CUSTOMER, "at": story.now.isoformat(), "by": "agent-7"}
    return story.tell(ce_type, done | fields)
