"""Registers our agents with Faust: stateful ones run in lanes, those with I/O in pools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.app import DunnockApp
from streams.core.logic import Logic
from streams.core.pool import Handler, PoolConfig
from streams.topics import TICKS


class WrongPath(Exception):
    """A record reached a Faust stream, although its topic is delivered in lists."""


async def _actor(stream: Any) -> None:
    """The body of every agent of ours.

    Faust keeps the agent for subscription, co-partitioning and supervision. Its records go from the
    conductor straight to lane or pool: through the stream they would be acked when they fail.
    """
    async for event in stream.noack().events():
        raise WrongPath(f"{event.message.tp} offset {event.message.offset}")


def stateful_agent(
    app: DunnockApp, name: str, topics: Iterable[str], tables: Iterable[str], logic: Logic
) -> None:
    """Register `logic` for `topics` (plain names); its `tables` become Faust tables.

    May be called for several agents with the same logic: all topics of a partition share a lane.
    """
    topics, tables = tuple(topics), tuple(tables)
    for table in tables:
        if table not in app.tables:
            app.Table(table, key_type=bytes, value_type=bytes, partitions=app.conf.topic_partitions)
    app.engine.add_logic(topics, tables, logic)
    _register(app, name, (*topics, TICKS))


def io_agent(
    app: DunnockApp, name: str, topic: str, handler: Handler, config: PoolConfig | None = None
) -> None:
    """Register a handler that may await the outside world and keeps no state."""
    app.engine.add_pool(topic, handler, config)
    _register(app, name, (topic,))


def _register(app: DunnockApp, name: str, topics: tuple[str, ...]) -> None:
    channel = app.topic(
        *(app.names.wire(topic) for topic in topics), key_type=bytes, value_type=bytes, acks=False
    )
    app.agent(channel, name=name)(_actor)
