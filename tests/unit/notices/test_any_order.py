"""Whatever order receipts come in, and however often: one notice, one truth about its arrival."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.notices.owner import Owner
from tests.unit.notices.test_arriving import CONTACT

RECEIPTS = ("message.delivered.v1", "message.opened.v1", "message.failed.v1", "wait", "again")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(RECEIPTS), max_size=8), st.sampled_from(["sms", "letter"]))
def test_a_notice_is_never_out_twice_over_one_channel(what: list[str], channel: str) -> None:
    """A notice leaves again only over a channel that it has not been tried over."""
    story = Owner()
    story.customer(contact=CONTACT)
    story.owe(channels=(channel, "email"))
    first = story.notices[0][1]
    for one in what:
        if one == "wait":
            story.wait(days=3)
        elif one == "again":
            story.owe(channels=(channel, "email")).again()
        else:
            story.receipt(one, first, channel)
    channels = [name for name, _ in story.notices]
    assert len(channels) == len(set(channels))
    assert channels[0] == channel
    assert ("email" in channels) == ("message.failed.v1" in what)
    sent = story.sent()
    assert sent is not None
    assert sent.channel == channels[-1]
    if sent.channel == "letter":
        assert sent.delivered_at is None or sent.delivered_at > sent.at


@settings(max_examples=25, deadline=None)
@given(st.permutations(["message.delivered.v1", "payment", "flag", "unflag"]))
def test_a_notice_that_had_arrived_is_not_sent_again(order: list[str]) -> None:
    """It was taken back in vain when its receipt came after all, before or after what took it."""
    story = Owner()
    story.customer().invoice(payment_method="link", due_on="2026-06-10")
    story.owe(purpose="collection", asks_for_money=True, invoice_ids=("i1",))
    first = story.notices[0][1]
    for one in order:
        if one == "payment":
            story.payment()
        elif one in {"flag", "unflag"}:
            story.customer(flags=["dispute"] if one == "flag" else [])
        else:
            story.receipt(one, first)
    assert story.sent() is None or story.sent().delivered_at is not None  # type: ignore[union-attr]
    told = [message_id for _, message_id in story.notices]
    # Taken back while nobody knew that it had left, it may go out a second time, never a third.
    assert len(told) <= (2 if order.index("message.delivered.v1") > order.index("flag") else 1)
