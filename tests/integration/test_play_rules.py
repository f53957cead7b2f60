"""`dunnock play` puts rules back: each for itself, and never over somebody else's."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import pytest
from confluent_kafka import KafkaException

from api.rule_sets.present import all_in_force
from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected
from connectors.postgres.rule_set_life import Life, Shortcut
from connectors.postgres.rule_set_outbox import Entry, Publish
from dunnock.embedded.problems import Problem
from dunnock.playing import published_rules
from dunnock.playing.published_rules import PublishedRules
from runtime.settings import Settings
from tests.contract.api.rule_work import no_rule_sets, quieter, shipped

AT = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    await asyncio.to_thread(migrate, database_url)
    async with connected(database_url, name="test") as opened:
        await no_rule_sets(opened)
        yield opened
        await no_rule_sets(opened)


@pytest.fixture
async def rules(pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch) -> PublishedRules:
    """Three rule sets changed by a story, over a log that takes everything."""

    def to_the_log(_: Settings) -> Publish:
        async def publish(entry: Entry) -> int:
            return entry.version

        return publish

    monkeypatch.setattr(published_rules, "to_the_log", to_the_log)
    monkeypatch.setattr(published_rules, "newest_version", lambda *_: 0)
    played = PublishedRules("nowhere:9092", database_url)
    await played.change("reminders", {"note": "a story"}, AT)
    await played.change("contact", {"note": "a story"}, AT)
    await played.change("contact", {"note": "once more"}, AT)
    await played.change("delivery", {"note": "a story"}, AT)
    return played


async def versions(pool: Pool) -> dict[str, int]:
    found = await all_in_force(pool)
    return {name: found[name].version for name in ("reminders", "contact", "delivery")}


async def test_everything_is_put_back_once(pool: Pool, rules: PublishedRules) -> None:
    assert await versions(pool) == {"reminders": 2, "contact": 3, "delivery": 2}
    await rules.put_back(AT)
    await rules.put_back(AT)
    assert await versions(pool) == {"reminders": 3, "contact": 4, "delivery": 3}
    assert (await all_in_force(pool))["contact"].body == shipped("contact")


async def test_what_somebody_else_put_live_during_the_story_stays(
    pool: Pool, rules: PublishedRules
) -> None:
    wish = Shortcut("reminders", json.dumps(quieter(9)), "an emergency")
    await Life(pool).publish_at_once(wish, 1, "Eva", AT, "an emergency")
    with pytest.raises(Problem, match="reminders: Version 3"):
        await rules.change("reminders", {"note": "the next step"}, AT)
    with pytest.raises(Problem, match=r"not put back: reminders \(Version 3 .* by Eva"):
        await rules.put_back(AT)
    assert await versions(pool) == {"reminders": 3, "contact": 4, "delivery": 3}
    assert (await all_in_force(pool))["reminders"].by == "Eva"
    await rules.put_back(AT)
    assert (await all_in_force(pool))["reminders"].by == "Eva"


async def test_one_that_fails_keeps_no_other_from_it(
    pool: Pool, rules: PublishedRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str, __: str, name: str) -> int:
        if name == "reminders":
            raise KafkaException("the broker is away")
        return 0

    monkeypatch.setattr(published_rules, "newest_version", broken)
    with pytest.raises(Problem, match="not put back: reminders .*the broker is away"):
        await rules.put_back(AT)
    assert await versions(pool) == {"reminders": 2, "contact": 4, "delivery": 3}
