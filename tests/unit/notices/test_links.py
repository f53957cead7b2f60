"""Payment links: single use where asked, a new one on request."""

from __future__ import annotations

from typing import Any

from domain.collections.links import verify
from tests.unit.collections.story import POLICY, Story


def _asked(story: Story, of: str = "m-1", ce_id: str = "l1") -> Story:
    said: dict[str, Any] = {"customer_id": "c1", "at": "2026-06-01T09:00:00Z", "by": "customer"}
    return story.tell("link.requested.v1", said | {"message_id": of, "currency": "EUR"}, ce_id)


def test_a_new_link_comes_at_once_and_once_for_each_old_one() -> None:
    story = Story().customer().invoice(payment_method="link", due_on="2026-06-10")
    _asked(story)
    _asked(story, ce_id="l2")
    (message,) = story.messages("notice")
    assert message.notice == "new_link"
    assert message.payment_link is not None
    assert message.payment_link in message.body
    assert len(_asked(story, of="m-2", ce_id="l3").messages("notice")) == 2


def test_nothing_is_sent_when_nothing_is_open() -> None:
    story = _asked(Story().customer())
    assert story.messages() == []
    assert story.not_sent == ["nothing_open"]


def test_more_links_than_a_row_may_hold_are_refused() -> None:
    """Nobody can be reached: what was asked for waits, up to a bound."""
    limits = POLICY.limits.model_copy(update={"notices_max": 3})
    story = Story(policy=POLICY.model_copy(update={"limits": limits}))
    story.invoice(payment_method="link", due_on="2026-06-10")
    for n in range(4):
        _asked(story, of=f"m-{n}", ce_id=f"l{n}")
    assert story.refused == ["row_full"]
    assert story.state is not None
    assert len(story.state.notices.owed) == 3


def test_links_are_for_one_payment_where_the_rules_say_so() -> None:
    rules = POLICY.delivery.model_copy(update={"single_use_links": True})
    for policy in (POLICY, POLICY.model_copy(update={"delivery": rules})):
        story = Story(policy=policy).owing()
        link = str(story.reminders[0].payment_link).rpartition("/")[2]
        claims = verify(policy.link_secret, link, story.now)
        assert claims.single_use == policy.delivery.single_use_links
