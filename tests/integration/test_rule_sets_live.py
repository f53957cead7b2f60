"""What people put live reaches every partition of the log, once and in order."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.rule_sets.present import all_in_force
from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected
from connectors.postgres.rule_set_outbox import Entry, Outbox
from connectors.postgres.rule_sets import versions
from dunnock.embedded.problems import Problem
from dunnock.policies import Wish
from dunnock.rule_set_files import hand_on
from dunnock.rule_set_publisher import keep_publishing, to_the_log
from runtime.clock import utc_now
from runtime.settings import Settings
from streams.policy_log import newest_version, publish_policy
from streams.topic_setup import ensure_topics
from streams.topics import TopicSpec
from tests.contract.api.rule_work import no_rule_sets, quieter
from tests.integration.test_policies import PARTITIONS, keys


@pytest.fixture
def chosen(kafka: str, database_url: str, topic_prefix: str) -> Settings:
    ensure_topics(kafka, [TopicSpec(f"{topic_prefix}policies", compact=True)], PARTITIONS, 1)
    return Settings(
        kafka=kafka,
        topic_prefix=topic_prefix,
        database_url=database_url,
        public_url="https://dunnock.test",
    )


@pytest.fixture
async def pool(chosen: Settings) -> AsyncIterator[Pool]:
    await asyncio.to_thread(migrate, chosen.database_url)
    async with connected(chosen.database_url, name="test") as opened:
        await no_rule_sets(opened)
        yield opened
        await no_rule_sets(opened)


def document(days: int, **more: Any) -> dict[str, Any]:
    return {"id": "reminders", **quieter(days), **more}


FORCED = Wish(force=True, because="the gateway charges by the minute")


async def test_by_command_line_a_rule_set_waits_for_a_second_person(
    chosen: Settings, pool: Pool
) -> None:
    told = await hand_on(chosen, document(9), Wish())
    assert "not in force" in told
    assert "https://dunnock.test/rules/reminders/drafts/" in told
    assert [one.state for one in await versions(pool, "reminders")] == ["submitted"]
    assert await Outbox(pool).is_empty()


async def test_force_is_live_at_once_and_stays_in_the_history(chosen: Settings, pool: Pool) -> None:
    with pytest.raises(Problem, match="--because"):
        await hand_on(chosen, document(9), Wish(force=True))
    told = await hand_on(chosen, document(9, version=5), FORCED)
    assert "version 5 is in force WITHOUT" in told
    live = keys(chosen.kafka, f"{chosen.topic_prefix}policies")
    assert [partition for partition, _ in live] == [0, 1, 2, 3]
    assert {json.loads(value or b"")["version"] for _, value in live} == {5}
    history = await pool.fetch("SELECT what, comment FROM rule_set_history")
    assert [tuple(row) for row in history] == [("forced", FORCED.because)]


async def test_the_history_goes_by_the_clock_of_the_settings(chosen: Settings, pool: Pool) -> None:
    """A row that is left of a simulation says nothing on real time."""
    moved = dt.datetime(2026, 6, 3, 7, tzinfo=dt.UTC)
    await pool.execute("DELETE FROM simulated_clock")
    await pool.execute("INSERT INTO simulated_clock (now) VALUES ($1)", moved)
    try:
        await hand_on(chosen, document(9), FORCED)
        simulated = chosen.model_copy(update={"clock": "simulated"})
        await hand_on(simulated, document(10), FORCED)
    finally:
        await pool.execute("DELETE FROM simulated_clock")
    moments = [row["at"] for row in await pool.fetch("SELECT at FROM rule_set_history ORDER BY at")]
    assert moments[0] == moved
    assert abs(utc_now() - moments[1]) < dt.timedelta(minutes=5)


async def test_a_fault_in_the_file_is_told_with_its_place(chosen: Settings, pool: Pool) -> None:
    faulty = document(9)
    faulty["rows"][0]["join_hours"] = "many"
    for wish in (Wish(), FORCED):
        with pytest.raises(Problem, match=r"rows\[1\].join_hours"):
            await hand_on(chosen, faulty, wish)
    assert await versions(pool, "reminders") == []


async def test_the_outbox_reaches_the_log_by_itself_also_after_a_crash(
    chosen: Settings, pool: Pool
) -> None:
    """The first publisher dies between the log and the outbox: the second publishes nothing new."""
    publish = to_the_log(chosen)

    async def dying(entry: Entry) -> int:
        await publish(entry)
        raise ConnectionResetError("killed before it could note it down")

    await hand_on(chosen, document(9), FORCED)
    await pool.execute("UPDATE rule_set_outbox SET published_at = NULL")
    with pytest.raises(ConnectionResetError):
        await Outbox(pool).drain(dying)
    task = asyncio.create_task(keep_publishing(Outbox(pool), publish))
    async with asyncio.timeout(30):
        while not await Outbox(pool).is_empty():  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.05)
    task.cancel()
    assert len(keys(chosen.kafka, f"{chosen.topic_prefix}policies")) == PARTITIONS


async def test_a_newer_version_on_the_log_is_told_and_numbered_past(
    chosen: Settings, pool: Pool
) -> None:
    """Somebody wrote to the topic past us: ours has no effect, the next number is above theirs."""
    topic = f"{chosen.topic_prefix}policies"
    theirs = json.dumps(document(8, version=7)).encode()
    publish_policy(chosen.kafka, topic, "reminders", 7, theirs)
    await hand_on(chosen, document(9), FORCED)
    assert await Outbox(pool).overtaken() == {("reminders", 2): 7}
    await hand_on(chosen, document(10), FORCED)
    assert (await all_in_force(pool))["reminders"].version == 8
    assert newest_version(chosen.kafka, topic, "reminders") == 8
