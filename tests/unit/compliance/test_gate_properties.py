"""Whatever is known of a customer: the gate's promises hold."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.collections.work import Work
from domain.compliance.gate import Verdict, ask
from domain.compliance.places import plausible_zones
from domain.compliance.rows import CapRule, HoursRule, Rule
from tests.unit.collections.story import CUSTOMER, Story, customer
from tests.unit.compliance.packs import STRICT, call, wish, with_contact

_NUMBERS = ["+31612345678", "+13105551234", "+12125559876", "+491711234567", "+18005550100", None]
_ZONES = ["Europe/Amsterdam", "America/New_York", "Pacific/Honolulu", "Pacific/Auckland"]
_QUIET = [None, {"from": "20:00", "to": "10:00"}, {"from": "12:00", "to": "13:30"}]
_ADDRESSES = [
    None, {"city": "X", "country": "US", "state": "HI"}, {"city": "Y", "country": "NL"},
    {"city": "Z", "state": "US-NY"},
]  # fmt: skip
_PEOPLE = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["NL", "DE", "GB", "US", "FR"]),
        "timezone": st.sampled_from(_ZONES),
        "quiet": st.sampled_from(_QUIET),
        "mobile": st.sampled_from(_NUMBERS),
        "address": st.sampled_from(_ADDRESSES),
        "region": st.sampled_from([None, "CA", "US-NY", "BY", "SCT"]),
    }
)
_MOMENTS = st.integers(0, 14 * 30 * 24 * 60).map(
    lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
)
_SENT = st.lists(st.integers(0, 9 * 24), max_size=12)
_LAWS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def told(person: dict[str, Any], now: dt.datetime, sent: list[int], *, strict: bool) -> Story:
    """A customer with an open debt to whom so many hours ago messages went."""
    contact = {"email": "e@example.org", "mobile": person["mobile"], "address": person["address"]}
    facts = {"country": person["country"], "timezone": person["timezone"], "contact": contact}
    if person["region"]:
        facts["region"] = person["region"]
    if person["quiet"]:
        facts["preferences"] = {"quiet_hours": person["quiet"]}
    story = Story(now, STRICT if strict else with_contact())
    story.holds_looks = True
    due = str(now.date() - dt.timedelta(days=3))
    story.tell("customer.updated.v1", customer(**facts)).invoice(due_on=due, issued_on=due)
    assert story.state is not None
    row: dict[str, Any] = story.state.model_dump(mode="json", exclude_defaults=True)
    row["messages"] = [
        {
            "message_id": f"m{n}", "kind": "reminder", "channel": "email", "currency": "EUR",
            "at": (now - dt.timedelta(hours=hours)).isoformat(), "not_after": now.isoformat(),
        }
        for n, hours in enumerate(sorted(sent, reverse=True))
    ]  # fmt: skip
    story.state = type(story.state).model_validate(row)
    return story


def verdict_at(story: Story, now: dt.datetime) -> Verdict:
    """What the gate says then, of the row as it stands."""
    assert story.state is not None
    return ask(Work(story.state, story.policy, now), wish())


@given(person=_PEOPLE, now=_MOMENTS)
@settings(_LAWS, max_examples=250)
def test_what_is_allowed_lies_in_the_window_of_every_zone(
    person: dict[str, Any], now: dt.datetime
) -> None:
    """From the moment it is allowed until its end, in each zone they may be in."""
    story = told(person, now, [], strict=True)
    verdict = verdict_at(story, now)
    if verdict.action != "allow":
        return
    assert story.state is not None
    assert story.state.profile is not None
    facts, rules = story.state.profile.facts, story.policy.contact
    zones = plausible_zones(rules, rules.book(facts.country, now.date()), facts)
    assert zones[0] == person["timezone"]
    assert verdict.ends is not None
    for zone in zones:
        for at in (now, verdict.ends - dt.timedelta(seconds=1)):
            assert dt.time(8) <= at.astimezone(ZoneInfo(zone)).time() < dt.time(21)


@given(person=_PEOPLE, now=_MOMENTS, sent=_SENT, strict=st.booleans())
@settings(_LAWS, max_examples=120)
def test_what_is_allowed_fits_under_every_cap(
    person: dict[str, Any], now: dt.datetime, sent: list[int], strict: bool
) -> None:
    """Counted by hand: with this one no cap is exceeded."""
    story = told(person, now, sent, strict=strict)
    if verdict_at(story, now).action != "allow":
        return
    for cap in story.policy.contact.book(person["country"], now.date()).caps:
        recent = [hours for hours in sent if hours < cap.days * 24]
        assert len(recent) < cap.at_most


@given(person=_PEOPLE, now=_MOMENTS, sent=_SENT, strict=st.booleans())
@_LAWS
def test_a_deferral_ends(
    person: dict[str, Any], now: dt.datetime, sent: list[int], strict: bool
) -> None:
    """It lies in the future; asked again then, the gate allows, or has another reason."""
    story = told(person, now, sent, strict=strict)
    seen: set[str] = set()
    verdict = verdict_at(story, now)
    while verdict.action == "defer":
        assert verdict.until is not None
        assert verdict.until > now
        assert verdict.rule not in seen
        seen.add(verdict.rule)
        now = verdict.until
        verdict = verdict_at(story, now)
    assert verdict.action == "allow" or verdict.because in {"no_common_window", "window_closed"}
    assert verdict.because != "window_closed" or seen


def _stricter(n: int) -> Rule:
    base = {"jurisdiction": "NL", "valid_from": dt.date(2020, 1, 1), "source": "test"}
    if n % 3 == 0:
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")[n % 8]
        return HoursRule(id=f"x{n}", kind="hours", days=(days,), closed=True, **base)
    if n % 3 == 1:
        opens = dt.time(8 + n % 8)
        return HoursRule(id=f"x{n}", kind="hours", days=("mon", "sat"), opens=opens, **base)
    return CapRule(id=f"x{n}", kind="cap", at_most=1 + n % 5, days=1 + n % 9, **base)


@given(
    person=_PEOPLE,
    now=_MOMENTS,
    sent=_SENT,
    more=st.lists(st.integers(0, 40), min_size=1, max_size=4),
)
@_LAWS
def test_another_row_never_allows(
    person: dict[str, Any], now: dt.datetime, sent: list[int], more: list[int]
) -> None:
    """What was deferred or denied stays so, whatever is added."""
    story = told(person, now, sent, strict=True)
    before = verdict_at(story, now)
    rules = story.policy.contact
    place = rules.jurisdiction_of(person["country"])
    added = {
        rule.id: rule.model_copy(update={"jurisdiction": place}) for rule in map(_stricter, more)
    }
    story.policy = with_contact(profile="strict", rules=(*rules.rules, *added.values()))
    after = verdict_at(story, now)
    if before.action != "allow":
        assert after.action != "allow"
    if before.action == "deny":
        assert after.action == "deny"


@given(person=_PEOPLE, now=_MOMENTS, stop=st.booleans(), calls=st.integers(0, 9))
@_LAWS
def test_stops_deny_and_calls_change_no_message(
    person: dict[str, Any], now: dt.datetime, stop: bool, calls: int
) -> None:
    """Reg F counts calls, not texts: however many were made, messages are as they were."""
    story = told(person, now, [], strict=False)
    before = verdict_at(story, now)
    for _ in range(calls):
        call(story, at=now)
    assert verdict_at(story, now) == before
    if stop:
        said = {"customer_id": CUSTOMER, "at": now.isoformat(), "by": "agent"}
        story.tell("contact.stopped.v1", said)
        assert verdict_at(story, now).action == "deny"
