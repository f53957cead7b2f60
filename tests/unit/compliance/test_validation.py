"""The validation notice is collection: it waits for what holds collection, and is not lost."""

from __future__ import annotations

from typing import Any

import pytest

from domain.collections import rules
from tests.unit.collections.story import LOOKED, Story
from tests.unit.compliance.packs import STRICT, act, living_in

_REFUSED = [
    {"channel": one, "purpose": "collection", "granted": False, "at": "2026-06-01T09:00:00Z"}
    for one in ("sms", "email", "push", "letter")
]
_HANDED = {"collector": "acme", "approved_by": "bert"}
_SPACE = {"hardship_id": "s1", "kind": "breathing_space", "from": "2026-06-01"}


def _reminded() -> Story:
    """Both debts were named in a reminder; their notice is being looked at."""
    story = Story(policy=STRICT).customer(**living_in("US"))
    story.invoice("i1").invoice("i2").failed("i1").failed("i2")
    story.holds_looks = True
    story.wait(hours=4)
    assert [ref for ref in story.looks if ref.startswith("EUR")]
    while [ref for ref in story.looks if ref.startswith("EUR")]:
        one = story.looks.pop(0)
        _decide(story, one)
    assert story.reminders[0].invoice_ids == ("i1", "i2")
    return story


def _decide(story: Story, ref: str) -> None:
    assert story.state is not None
    story._take(*rules.look(story.state, ref, LOOKED, story.policy, story.now))


def _go_on(story: Story) -> Story:
    story.holds_looks = False
    return story.decide_looks()


def _notices(story: Story) -> list[tuple[str, ...]]:
    return [one.invoice_ids for one in story.messages() if one.notice == "validation_notice"]


@pytest.mark.parametrize(
    ("kind", "fields", "ending", "end"),
    [
        ("dispute.opened.v1", {"dispute_id": "d1"}, "dispute.answered.v1",
         {"dispute_id": "d1", "upheld": False}),
        ("hold.placed.v1", {"hold_id": "h1", "kind": "complaint"}, "hold.lifted.v1",
         {"hold_id": "h1"}),
        ("hardship.granted.v1", _SPACE | {"until": "2026-07-01"}, "hardship.ended.v1",
         {"hardship_id": "s1", "ended_on": "2026-06-04"}),
        ("debt.handed-over.v1", _HANDED, "debt.recalled.v1", {}),
    ],
)  # fmt: skip
def test_it_waits_for_what_forbids_collection_and_goes_out_after_it(
    kind: str, fields: dict[str, Any], ending: str, end: dict[str, Any]
) -> None:
    story = _reminded()
    act(story, kind, **fields)
    _go_on(story).wait(days=2)
    assert _notices(story) == []
    act(story, ending, **end)
    story.wait(days=3)
    assert sorted(key for ids in _notices(story) for key in ids) == ["i1", "i2"]


def test_it_is_withdrawn_on_its_way_and_comes_again() -> None:
    story = _go_on(_reminded())
    assert _notices(story) == [("i1", "i2")]
    act(story, "dispute.opened.v1", dispute_id="d1")
    assert story.messages()[-1].message_id in story.withdrawn
    story.wait(days=2)
    assert len(_notices(story)) == 1
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=False)
    story.wait(days=1)
    assert _notices(story) == [("i1", "i2")] * 2


def test_it_heeds_consent_and_flags() -> None:
    for fields in ({"consents": _REFUSED}, {"flags": ["complaint"]}):
        story = _reminded().customer(**living_in("US", **fields))
        _go_on(story).wait(days=2)
        assert _notices(story) == []
        allowed = [one | {"granted": True, "at": "2026-06-05T09:00:00Z"} for one in _REFUSED]
        story.customer(**living_in("US", consents=allowed)).wait(days=1)
        assert _notices(story) == [("i1", "i2")]


def test_one_debt_is_disputed_the_other_has_its_notice_in_time_and_none_is_lost() -> None:
    story = _reminded()
    act(story, "dispute.opened.v1", dispute_id="d1", invoice_ids=["i1"])
    _go_on(story).wait(days=1)
    assert _notices(story) == [("i2",)]
    act(story, "dispute.answered.v1", dispute_id="d1", upheld=False)
    story.wait(days=1)
    assert _notices(story) == [("i2",), ("i1",)]


def test_it_is_taken_back_when_its_debts_are_paid_and_owed_anew_when_the_money_goes_back() -> None:
    story = _go_on(_reminded())
    story.payment(minor=2 * 4999)
    assert len(story.withdrawn) == 2
    story.wait(days=1)
    story.reversal(minor=2 * 4999).wait(days=1)
    assert _notices(story) == [("i1", "i2")] * 2
    story.wait(days=5)
    assert len(_notices(story)) == 2
