"""Carries what people put live from the outbox to the log: `policies`, every partition."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from confluent_kafka import KafkaException

from connectors.postgres.pool import LOST, Pool
from connectors.postgres.rule_set_outbox import Entry, Outbox, Publish
from runtime import logs
from runtime.settings import Settings
from streams.policy_log import PolicyNotPublished, newest_version, publish_policy
from streams.topics import POLICIES, TopicNames

_EVERY_S = 0.3
_AFTER_FAILURE_S = 2.0
_log = logs.logger(__name__)


def to_the_log(settings: Settings) -> Publish:
    """Publishes an entry where it is newer; gives the newest version that the log then has."""
    topic = TopicNames(settings.topic_prefix).wire(POLICIES)

    async def publish(entry: Entry) -> int:
        await asyncio.to_thread(
            publish_policy,
            settings.kafka,
            topic,
            entry.rule_set,
            entry.version,
            entry.document.encode(),
        )
        newest = await asyncio.to_thread(newest_version, settings.kafka, topic, entry.rule_set)
        if newest > entry.version:
            _log.error(
                "a rule set has no effect: the log has a newer one that nobody put live here",
                rule_set=entry.rule_set,
                version=entry.version,
                newest=newest,
            )
        return newest

    return publish


async def keep_publishing(outbox: Outbox, publish: Publish) -> None:
    """Until cancelled. What fails is tried again: the outbox forgets nothing."""
    while True:
        pause = _EVERY_S
        try:
            if done := await outbox.drain(publish):
                _log.info("rule sets are published", count=done)
        except (PolicyNotPublished, KafkaException, *LOST) as error:
            _log.warning("rule sets wait in the outbox", error=str(error)[:300])
            pause = _AFTER_FAILURE_S
        except Exception:  # noqa: BLE001 - one bad entry must not end the task unseen
            _log.exception("rule sets wait in the outbox")
            pause = _AFTER_FAILURE_S
        await asyncio.sleep(pause)


@contextlib.asynccontextmanager
async def publishing(settings: Settings, pool: Pool) -> AsyncIterator[None]:
    """A task that publishes inside the block."""
    task = asyncio.create_task(keep_publishing(Outbox(pool), to_the_log(settings)))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
