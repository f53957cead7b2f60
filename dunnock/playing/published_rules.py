"""Rule sets on a stack's log: changed for a story, then put back under a new version."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiokafka import TopicPartition

from connectors.kafka_io import consumer
from dunnock.playing.rules import document, starting_version
from runtime.settings import settings
from streams.policy_log import publish_policy
from streams.topics import POLICIES, TopicNames

_POLL_MS = 200


class PublishedRules:
    """Rule sets hold for everybody on the stack: who plays on one others use changes theirs."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._topic = TopicNames(settings().topic_prefix).wire(POLICIES)
        self._before: dict[str, bytes | None] = {}

    async def change(self, name: str, changes: dict[str, Any]) -> None:
        """The starting rule set with the changes, above whatever is published."""
        starts = starting_version(name)
        newest = await self._newest(name)
        self._before.setdefault(name, newest)
        version = max(starts, _version_of(newest)) + 1
        await self._publish(name, version, document(name, changes, version))

    async def put_back(self) -> None:
        """What was published before the story, or the starting rule set, as the newest version."""
        for name, before in self._before.items():
            newest = await self._newest(name)
            version = _version_of(newest) + 1
            told = document(name, {}, version)
            if before is not None:
                told = orjson.dumps(orjson.loads(before) | {"version": version})
            await self._publish(name, version, told)
        self._before.clear()

    async def _newest(self, name: str) -> bytes | None:
        """The newest published version. Every partition has all, so one is enough."""
        place, found = TopicPartition(self._topic, 0), None
        async with consumer(self._bootstrap) as reader:
            reader.assign([place])
            await reader.seek_to_beginning(place)
            end = (await reader.end_offsets([place]))[place]
            while await reader.position(place) < end:
                for records in (await reader.getmany(timeout_ms=_POLL_MS)).values():
                    mine = [one.value for one in records if one.key == name.encode()]
                    found = mine[-1] if mine else found
        return found

    async def _publish(self, name: str, version: int, told: bytes) -> None:
        await asyncio.to_thread(publish_policy, self._bootstrap, self._topic, name, version, told)


def _version_of(found: bytes | None) -> int:
    return 0 if found is None else int(orjson.loads(found)["version"])
