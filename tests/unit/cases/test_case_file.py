"""One case for a customer; write-off, hand-over with the whole file, recall when it is paid."""

from __future__ import annotations

from typing import Any

from domain.events.hand_overs import DebtGivenUp, GivenUpChanged
from domain.events.outputs import CaseChanged
from tests.unit.collections.story import CUSTOMER, Story, eur


def action(**fields: Any) -> dict[str, Any]:
    return {"customer_id": CUSTOMER, "at": "2026-06-02T09:00:00Z", "by": "ann"} | fields


def _cases(story: Story) -> list[CaseChanged]:
    found = [one.data for one in story.published("case.changed.v1")]
    return [one for one in found if isinstance(one, CaseChanged)]


def _two_currencies() -> Story:
    story = Story().owing().invoice("u1", amount=eur(900, "USD"))
    return story.failed("u1", amount=eur(900, "USD"))


def test_two_currencies_are_one_case_and_it_closes_with_the_last() -> None:
    story = _two_currencies().payment()
    assert [one.state for one in _cases(story)][-1] == "reminded_1"
    story.payment("p2", amount=eur(900, "USD"))
    cases = _cases(story)
    assert len({one.case_id for one in cases}) == 1
    assert cases[-1].state == "closed_paid"
    assert [one.previous for one in cases] == [None, *[one.state for one in cases[:-1]]]
    ids = [one.event_id for one in story.published("case.changed.v1")]
    assert len(set(ids)) == len(ids)


def test_a_hand_over_ends_the_chase_and_carries_the_whole_file() -> None:
    story = Story().owing()
    story.tell("debt.handed-over.v1", action(collector="acme", approved_by="bob", reason="old"))
    [filed] = [one.data for one in story.published("hand-over.filed.v1")]
    assert isinstance(filed, DebtGivenUp)
    assert [(item.invoice_id, item.open.minor) for item in filed.items] == [("i1", 4999)]
    assert filed.file is not None
    assert filed.file["profile"]["name"] == {"given": "Eva", "family": "Jansen"}
    assert filed.file["messages"][0]["kind"] == "reminder"
    story.wait(days=40)
    assert len(story.reminders) == 1
    assert _cases(story)[-1].state == "closed_handed_over"
    assert story.withdrawn == [story.reminders[0].message_id]


def test_it_is_recalled_when_it_is_paid_and_changed_when_in_part() -> None:
    story = Story().owing()
    story.tell("debt.handed-over.v1", action(collector="acme", approved_by="bob"))
    story.payment(minor=1000)
    [changed] = [one.data for one in story.published("hand-over.changed.v1")]
    assert isinstance(changed, GivenUpChanged)
    assert changed.items[0].open.minor == 3999
    story.payment("p2", minor=3999)
    [recalled] = [one.data for one in story.published("hand-over.recalled.v1")]
    assert isinstance(recalled, GivenUpChanged)
    assert (recalled.because, recalled.collector) == ("paid", "acme")
    assert story.view["given_up"] == []


def test_recalled_by_us_it_is_chased_again() -> None:
    story = Story().owing()
    story.tell("debt.written-off.v1", action(approved_by="bob", invoice_ids=["i1"]))
    assert story.view["given_up"][0]["kind"] == "written_off"
    story.wait(days=20)
    assert len(story.reminders) == 1
    story.tell("debt.recalled.v1", action(reason="a mistake"))
    assert len(story.reminders) == 2
    assert [one.event_id for one in story.published("write-off.reversed.v1")] != []


def test_one_person_alone_gives_nothing_up() -> None:
    story = Story().owing()
    story.tell("debt.written-off.v1", action(approved_by="ann"))
    assert story.refused == ["four_eyes"]
    story.tell("debt.written-off.v1", action(approved_by="bob", invoice_ids=["nope"]))
    assert story.refused == ["four_eyes", "nothing_open"]


def test_notes_are_kept_once() -> None:
    story = Story().owing()
    for _ in range(2):
        story.tell("note.added.v1", action(note_id="n1", text="called back"))
    assert [note["text"] for note in story.view["notes"]] == ["called back"]


def test_what_is_given_up_before_its_customer_comes_stops_nobody() -> None:
    """The orphaned invoice leaves the row; the timer that took it out raised for ever."""
    story = Story().invoice()
    story.tell("debt.handed-over.v1", action(collector="acme", approved_by="bob"))
    assert story.refused == ["no_profile"]
    story.tell("debt.written-off.v1", action(approved_by="bob")).wait(days=31)
    assert "orphan" in story.refused
    assert story.view["given_up"] == []


def test_of_two_collectors_the_first_is_recalled() -> None:
    story = Story().owing()
    story.tell("debt.handed-over.v1", action(collector="acme", approved_by="bob"))
    story.tell("debt.handed-over.v1", action(collector="acme", approved_by="bob"))
    assert len(story.published("hand-over.filed.v1")) == 1
    story.tell("debt.handed-over.v1", action(collector="best", approved_by="bob"))
    [told] = [one.data for one in story.published("hand-over.recalled.v1")]
    assert isinstance(told, GivenUpChanged)
    assert (told.collector, told.because) == ("acme", "given_up_otherwise")
    story.payment()
    assert len(story.published("hand-over.recalled.v1")) == 2


def test_a_name_written_otherwise_is_no_second_person() -> None:
    story = Story().owing()
    story.tell("debt.written-off.v1", action(by="Ann", approved_by="ann "))
    assert story.refused == ["four_eyes"]


def test_two_cases_of_one_instant_are_two() -> None:
    """The simulated clock stands still: paid and failed again at the same moment."""
    story = Story().owing().payment().invoice("i0", due_on="2026-05-01")
    story.payment("p2", minor=1).reversal().failed("i0")
    ids = [one.event_id for one in story.published("case.changed.v1")]
    assert len(set(ids)) == len(ids)
    assert len({one.case_id for one in _cases(story)}) == 2
