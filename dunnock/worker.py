"""`dunnock worker`: the Faust worker with its lanes and pools, and the worker's own small web."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from dunnock.embedded.problems import Problem
from runtime.clock import utc_now
from runtime.settings import Settings
from streams.app import DunnockApp, create_app
from streams.status_web import StatusWeb
from streams.ticker import Now
from streams.topic_setup import PartitionMismatch, ensure_topics
from streams.topics import ALL_TOPICS, TopicNames, TopicSpec, changelog_specs
from streams.watchdog import Watchdog

logger = logging.getLogger(__name__)

Register = Callable[[DunnockApp, Settings], None]
STOP_LIMIT_S = 8.0
_YOUNG_OBJECTS = 20_000


async def run(settings: Settings, register: Register | None = None, now: Now | None = None) -> None:
    """Serve until cancelled. A failure ends the process with exit code 1, at once."""
    _quiet_libraries()
    async with AsyncExitStack() as stack:
        if now is None:
            now = await stack.enter_async_context(_clock(settings))
        app = create_app(settings, now=now)
        (register or _register_agents)(app, settings)
        await asyncio.to_thread(_ensure_topics, settings, tuple(app.tables))
        _spare_the_collector()
        web = await stack.enter_async_context(StatusWeb(app, settings).serving())
        stack.push_async_callback(_stopped_in_time, app)
        starting = asyncio.ensure_future(app.start())
        helpers = [
            asyncio.ensure_future(web.register_forever()),
            asyncio.ensure_future(Watchdog(app.engine, settings.app_id, app.check_group).run()),
        ]
        if settings.clock == "real":
            ticking = app.ticker.run(lambda: app.engine.lanes)
            helpers.append(asyncio.ensure_future(ticking))
        for task in (starting, *helpers):
            task.add_done_callback(lambda done: _note_failure(app, done))
            stack.callback(task.cancel)
        reason = await asyncio.shield(app.failed)
        _end_process(reason)


def _spare_the_collector() -> None:
    """What is imported by now lives as long as the process: a full collection need not walk it.

    It took up to 80 ms, in which the event loop stood still. Rows come and go by the thousand and
    hold no cycles, so a collection is worth its time only after many of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _note_failure(app: DunnockApp, task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        app.fail(error)


def _end_process(reason: BaseException) -> None:
    """End now: a thread that waits for the broker must not keep an owner of partitions alive.

    Nothing is lost: what was not committed will be read again, by whoever has the partitions.
    """
    logger.critical("the worker ends: %s: %s", type(reason).__name__, reason, exc_info=reason)
    logging.shutdown()
    os._exit(1)


async def _stopped_in_time(app: DunnockApp) -> None:
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            await app.stop()
            await app.engine.close()
    except TimeoutError:
        _end_process(TimeoutError(f"not stopped within {STOP_LIMIT_S} s"))


def _ensure_topics(settings: Settings, tables: tuple[str, ...]) -> None:
    names = TopicNames(settings.topic_prefix)
    specs = [
        *(
            TopicSpec(names.wire(spec.name), spec.retention_days, spec.compact, spec.large)
            for spec in ALL_TOPICS
        ),
        *changelog_specs(settings.app_id, tables),
    ]
    try:
        ensure_topics(settings.kafka, specs, settings.partitions, settings.replication_factor)
    except PartitionMismatch as mismatch:
        raise Problem(str(mismatch)) from mismatch


def _register_agents(app: DunnockApp, settings: Settings) -> None:
    from agents.wiring import register

    register(app, settings)


@asynccontextmanager
async def _clock(settings: Settings) -> AsyncIterator[Now]:
    """Where ticks get their time from."""
    if settings.clock == "real":
        yield _real_now
        return
    from connectors.postgres import pool as postgres
    from connectors.simulated_clock import SimulatedClockRow

    name = settings.process_name
    async with postgres.connected(settings.database_url, size_max=1, name=name) as connections:
        clock = SimulatedClockRow(connections)
        await clock.start()
        yield clock.now


async def _real_now() -> datetime:
    return utc_now()


def _quiet_libraries() -> None:
    """Faust's debug lines cost a tenth of the processor even where nobody reads them."""
    for name in ("faust", "mode", "aiokafka", "kafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
