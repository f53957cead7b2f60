"""What can't be written is held with its reason: no look without end."""

from __future__ import annotations

from domain.collections.policy import CollectionsPolicy
from tests.unit.collections.story import POLICY, Story
from tests.unit.notices.owner import OWNERS, Owner


def _without_opt_out(policy: CollectionsPolicy) -> CollectionsPolicy:
    """Legal texts whose lines no longer say how to stop, where the rules demand it."""
    legal = policy.legal_texts.model_copy(update={"lines": ()})
    return policy.model_copy(update={"legal_texts": legal})


def test_no_template_asks_for_one_look_only_and_is_held() -> None:
    story = Owner()
    story.customer().invoice(payment_method="link", due_on="2026-06-10")
    story.owe(kind="unheard_of", asks_for_money=True, invoice_ids=("i1",)).again().again()
    assert story.looked_for == 1
    assert story.not_sent == ["text:unheard_of"]


def test_a_value_that_nobody_gave_is_named() -> None:
    story = Owner()
    story.customer()
    story.owe(kind="handed_over")
    assert story.not_sent == ["text:nl/notices.handed_over.collector"]


def test_a_reminder_without_the_lines_of_the_law_is_refused_and_goes_out_with_them() -> None:
    story = Story(policy=_without_opt_out(POLICY))
    story.customer().invoice().failed()
    assert story.reminders == []
    assert story.not_sent == ["disclosure:nl.opt_out"]
    story.policy = POLICY
    story.customer(region="NH")
    assert len(story.reminders) == 1


def test_a_thank_you_without_the_lines_of_the_law_is_held() -> None:
    story = Story(policy=_without_opt_out(POLICY))
    story.customer().invoice().failed().payment()
    assert story.thanks == []
    assert story.not_sent[-1] == "disclosure:nl.opt_out"


def test_a_notice_without_the_lines_of_the_law_is_held() -> None:
    story = Owner(policy=_without_opt_out(OWNERS))
    story.customer()
    story.owe()
    assert story.notices == []
    assert story.not_sent == ["disclosure:nl.opt_out"]
