"""A part of the business that owes notices, as the others do it, and a story it can be told in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.collections import rules
from domain.collections.policy import CollectionsPolicy
from domain.collections.work import Work
from domain.effects import RequestLook
from domain.notices.owing import owe
from domain.notices.state import Notice, NoticeSent
from tests.unit.collections.story import POLICY, START, Story

#: A kind that nobody else owes, so that nobody else drops it.
KIND = "a_notice"
_WORDS = POLICY.texts.languages["nl"].notices["payment_due_soon"]
_NL = POLICY.texts.languages["nl"]
_TEXTS = POLICY.texts.model_copy(
    update={
        "languages": POLICY.texts.languages
        | {"nl": _NL.model_copy(update={"notices": _NL.notices | {KIND: _WORDS}})}
    }
)
OWNERS = POLICY.model_copy(update={"texts": _TEXTS})


class Owner(Story):
    """A story in which somebody owes a notice."""

    def __init__(self, now: dt.datetime = START, policy: CollectionsPolicy = OWNERS) -> None:
        super().__init__(now, policy)

    def owe(self, key: str = "n1", **fields: Any) -> Owner:
        """Owe a notice now, and draw the conclusions as the next event would."""
        assert self.state is not None
        work = Work(self.state, self.policy, self.now)
        given = {
            "kind": KIND,
            "purpose": "service",
            "owed_at": self.now,
            "due": self.now,
            "caused_by": "e1",
            "currency": "EUR",
        }
        owe(work, key, Notice.model_validate(given | fields))
        self._take(*rules.conclude(work))
        return self

    def again(self) -> Owner:
        """Draw the conclusions once more."""
        assert self.state is not None
        work = Work(self.state, self.policy, self.now)
        self._take(*rules.conclude(work))
        return self

    @property
    def notices(self) -> list[tuple[str, str]]:
        """Channel and id of every notice asked for, in order."""
        return [(one.channel, one.message_id) for one in self.messages() if one.notice]

    @property
    def looked_for(self) -> int:
        """How many last looks notices have asked for."""
        asked = [one.ref for one in self.effects if isinstance(one, RequestLook)]
        return sum(ref.startswith("notice|") for ref in asked)

    def sent(self, key: str = "n1") -> NoticeSent | None:
        assert self.state is not None
        return self.state.notices.sent.get(key)


def owing_two() -> Owner:
    """Two bills that are late, of 30.00 and of 0.50."""
    story = Owner()
    story.customer()
    for key, minor in (("i1", 3000), ("i2", 50)):
        story.invoice(key, minor, payment_method="link", due_on="2026-05-29")
    return story


def asking(story: Owner, **fields: Any) -> Owner:
    """Owe a notice that asks for both."""
    told = {"purpose": "collection", "asks_for_money": True, "invoice_ids": ("i1", "i2")}
    return story.owe(**(told | fields))
