"""Rule sets on a stack: changed for a story, then put back, as an operator's force would do it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

from confluent_kafka import KafkaException

from api.rule_sets.present import all_in_force, shipped_version
from api.rule_sets.refusals import words_of
from api.texts import Translator
from connectors.postgres.pool import LOST, Pool, connected
from connectors.postgres.rule_set_life import Life, Shortcut
from connectors.postgres.rule_set_outbox import Outbox
from connectors.postgres.rule_sets import Refused
from domain.drafts import Body, body_of
from domain.rulesets import parse
from dunnock.embedded.problems import Problem
from dunnock.playing.rules import document
from dunnock.rule_set_publisher import to_the_log
from runtime.settings import settings
from streams.policy_log import PolicyNotPublished, newest_version
from streams.topics import POLICIES, TopicNames

_BY = "dunnock play"
_LOOK_AGAIN_S = 0.05
_PATIENCE_S = 30.0
_FAILURES = (KafkaException, PolicyNotPublished, *LOST)  # which has TimeoutError by OSError


class PublishedRules:
    """Rule sets hold for everybody on the stack: who plays on one others use changes theirs."""

    def __init__(self, kafka: str, postgres: str) -> None:
        self._settings = settings().model_copy(update={"kafka": kafka})
        self._postgres = postgres
        self._before: dict[str, Body] = {}
        #: What the story put live last: only over that is anything put back.
        self._ours: dict[str, int] = {}

    async def change(self, name: str, changes: dict[str, Any], at: dt.datetime) -> None:
        """The starting rule set with the changes, above whatever is in force. Raises Problem."""
        body = body_of(parse(name, document(name, changes, 1)))
        try:
            async with connected(self._postgres, size_max=2, name=_BY) as pool:
                in_force = await all_in_force(pool)
                self._before.setdefault(name, in_force[name].body)
                over = self._ours.get(name)
                await self._publish(pool, name, body, at, "A scenario needs it.", over)
        except Refused as refused:
            raise Problem(f"{name}: {words_of(refused, Translator('en'))}") from refused
        except LOST as error:
            raise Problem(f"The stack's database does not answer: {error}.") from error

    async def put_back(self, at: dt.datetime) -> None:
        """What was in force before the story is so again, as the newest version.

        Raises Problem that names what is not: what failed, and what somebody else put live
        meanwhile, which stays.
        """
        if not self._ours:
            return
        why = {}
        try:
            async with connected(self._postgres, size_max=2, name=_BY) as pool:
                for name in tuple(self._ours):
                    why[name] = await self._why_not_put_back(pool, name, at)
        except LOST as error:
            why |= {name: repr(error) for name in self._ours if name not in why}
        lacking = [f"{name} ({reason})" for name, reason in why.items() if reason]
        if lacking:
            raise Problem(f"The story's rules were not put back: {'; '.join(lacking)}")

    async def _why_not_put_back(self, pool: Pool, name: str, at: dt.datetime) -> str:
        """Empty where it is; what failed may be tried again."""
        body, over = self._before[name], self._ours[name]
        try:
            await self._publish(pool, name, body, at, "The scenario is over.", over)
        except Refused as refused:
            why = words_of(refused, Translator("en"))
        except _FAILURES as error:
            return repr(error)
        else:
            why = ""
        del self._before[name], self._ours[name]
        return why

    async def _publish(
        self,
        pool: Pool,
        name: str,
        body: Body,
        at: dt.datetime,
        because: str,
        over: int | None = None,
    ) -> None:
        """In force without a second person, which the history keeps, and on the log."""
        chosen = self._settings
        topic = TopicNames(chosen.topic_prefix).wire(POLICIES)
        newest = await asyncio.to_thread(newest_version, chosen.kafka, topic, name)
        text = json.dumps(body, ensure_ascii=False)
        wish = Shortcut(name, text, because, version_min=newest + 1, over=over)
        done = await Life(pool).publish_at_once(wish, shipped_version(name), _BY, at, because)
        self._ours[name] = done.version or 0
        outbox = Outbox(pool)
        async with asyncio.timeout(_PATIENCE_S):
            while not await outbox.is_empty():  # the web process may be at it, too
                await outbox.drain(to_the_log(chosen))
                await asyncio.sleep(_LOOK_AGAIN_S)
