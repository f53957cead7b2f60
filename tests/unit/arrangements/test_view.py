"""What people see of agreements, and the customer's own rules."""

from __future__ import annotations

from domain.arrangements.preferences import preferences
from domain.arrangements.view import arrangements_view
from tests.unit.arrangements.told import act, owing_two, pay
from tests.unit.collections.story import Story, eur


def _seen(story: Story) -> dict[str, object]:
    assert story.state is not None
    return arrangements_view(story.state, story.now)


def test_nothing_agreed_shows_nothing() -> None:
    """The view of somebody with whom nothing was agreed is as it was."""
    assert _seen(owing_two()) == {}


def test_everything_agreed_is_shown_with_its_state() -> None:
    """Lists of what runs and what is over, each with its own id first."""
    story = owing_two()
    act(story, "hold.placed.v1", hold_id="h1", kind="legal", until="2026-06-03")
    act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i2"])
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=False)
    act(story, "promise.made.v1", promise_id="pr1", amount=eur(100), due_on="2026-06-05")
    pay(story, "p1", 40)
    act(
        story, "hardship.granted.v1", hardship_id="u1", kind="forbearance", **{"from": "2026-06-09"}
    )
    story.wait(days=3)
    seen = _seen(story)
    assert seen["holds"][0]["state"] == "ended"  # type: ignore[index]
    assert seen["disputes"][0]["upheld"] is False  # type: ignore[index]
    assert seen["promises"][0]["received"] == eur(40)  # type: ignore[index]
    hardship = seen["hardships"][0]  # type: ignore[index]
    assert (hardship["state"], hardship["until"]) == ("planned", "2026-07-09")
    assert "paused" not in seen
    assert _seen(story.wait(days=6))["paused"] == {"since": "2026-06-09", "until": "2026-07-09"}


def test_a_plan_shows_what_is_left_of_each_instalment() -> None:
    """Paid parts fill the oldest instalment first."""
    story = owing_two()
    parts = [{"due_on": f"2026-0{month}-05", "amount": eur(3000)} for month in (6, 7)]
    plan = {"plan_id": "pl1", "currency": "EUR", "invoice_ids": ["i1"], "instalments": parts}
    act(story, "plan.agreed.v1", **plan)
    pay(story, "p1", 3500)
    (seen,) = _seen(story)["plans"]  # type: ignore[misc]
    assert [one["left"]["minor"] for one in seen["instalments"]] == [0, 2500]
    assert (seen["state"], seen["paid"]) == ("running", eur(3500))


def test_own_rules_outrank_the_profile_whenever_they_were_set() -> None:
    """The newest counts as a whole; a later profile does not take them away."""
    story = owing_two(preferences={"channels": ["sms"]})
    act(story, "preferences.changed.v1", channels=["email"], days_before_due=5, by="customer")
    story.customer(preferences={"channels": ["push"]})
    assert story.state is not None
    own = preferences(story.state)
    assert (own.channels, own.days_before_due, own.quiet_hours) == (("email",), 5, None)
    assert story.wait(days=7).reminders[-1].channel == "email"
    at = "2026-06-01T08:00:00Z"
    older = {"customer_id": "c1", "at": at, "by": "customer", "channels": ["letter"]}
    story.tell("preferences.changed.v1", older)
    assert preferences(story.state).channels == ("email",)
