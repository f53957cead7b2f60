"""A case follows the arrears of a customer and currency."""

from __future__ import annotations

from domain.events.outputs import CaseChanged
from tests.unit.collections.story import Story


def _cases(story: Story) -> list[CaseChanged]:
    found = [one.data for one in story.published("case.changed.v1")]
    return [one for one in found if isinstance(one, CaseChanged)]


def test_from_the_first_chase_to_the_payment() -> None:
    story = Story().owing().wait(days=20).payment()
    changes = _cases(story)
    assert [one.state for one in changes] == [
        "opened", "reminded_1", "reminded_2", "reminded_3", "closed_paid",
    ]  # fmt: skip
    assert [one.previous for one in changes] == [None, *[one.state for one in changes[:-1]]]
    assert len({one.case_id for one in changes}) == 1
    assert changes[1].next_step is not None
    assert changes[1].next_step.at == story.reminders[1].requested_at
    assert changes[-1].next_step is None
    ids = [one.event_id for one in story.published("case.changed.v1")]
    assert len(set(ids)) == 5


def test_a_credit_note_closes_it_too() -> None:
    story = Story().owing()
    story.tell("invoice.credited.v1", {
        "invoice_id": "i1", "customer_id": "c1",
        "amount": {"minor": 4999, "currency": "EUR"}, "credited_at": "2026-06-01T09:00:00Z",
    })  # fmt: skip
    assert _cases(story)[-1].state == "closed_credited"
    assert story.thanks == []


def test_a_new_debt_is_a_new_case() -> None:
    story = Story().owing().payment().wait(days=30).invoice("i2").failed("i2")
    assert len({one.case_id for one in _cases(story)}) == 2


def test_md07_opens_a_bereavement_case_once() -> None:
    """Also where the failed debit came before its invoice."""
    story = Story().customer().failed(code="MD07")
    assert _cases(story) == []
    story.invoice().wait(days=1).failed(code="MD07", attempt=2)
    [case] = _cases(story)
    assert (case.state, case.previous, case.because) == ("bereavement", None, "return_code:MD07")
    assert case.next_step is None
    assert story.view["cases"] == [{"case_id": case.case_id, "state": "bereavement"}]
    assert story.messages() == []
