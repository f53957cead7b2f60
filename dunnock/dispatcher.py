"""`dunnock dispatcher sms|push|email|letter`: hands the messages of one channel to its gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from connectors import kafka_io
from connectors.gateways.http import HttpGateway
from connectors.gateways.letter import LetterGateway
from connectors.gateways.ports import Gateway
from connectors.gateways.smtp import SmtpGateway
from connectors.postgres.dispatches import Dispatches
from connectors.postgres.pool import connected
from connectors.postgres.pulse import Pulse
from dunnock.dispatching.delivery import Delivery
from dunnock.dispatching.intake import Intake, messages_topic
from dunnock.dispatching.outbox import Outbox
from dunnock.dispatching.withdrawals import WithdrawalReader
from runtime.health import health_server
from runtime.settings import Settings
from streams.core.pool import Pool, PoolConfig
from streams.topics import TopicNames

#: Waiting for the withdrawals, the claim, a question and a send, each with its own timeout.
_CALL_S_MAX = 30.0
_TASKS_MAX = 200
_BACKOFF_S_MAX = 5.0


@asynccontextmanager
async def gateway_of(channel: str, settings: Settings) -> AsyncIterator[Gateway]:
    """The gateway of `channel`. Raises ValueError for a channel that has none."""
    timeout_s = settings.gateway_timeout_s
    if channel == "email":
        mail = SmtpGateway(settings.smtp, settings.mail_from, timeout_s=timeout_s)
        try:
            yield mail
        finally:
            await mail.close()
        return
    urls = {"sms": settings.sms_url, "push": settings.push_url, "letter": settings.letter_url}
    if channel not in urls:
        raise ValueError(f"no gateway for channel {channel!r}")
    connector = aiohttp.TCPConnector(limit=_TASKS_MAX)
    async with aiohttp.ClientSession(connector=connector) as session:
        if channel == "letter":
            hook = settings.letter_webhook_url or f"{settings.public_url.rstrip('/')}/post/webhook"
            yield LetterGateway(session, urls[channel], timeout_s=timeout_s, webhook_url=hook)
        else:
            yield HttpGateway(session, urls[channel], timeout_s=timeout_s)


async def run(settings: Settings, channel: str) -> None:
    """Dispatch until cancelled; raises when the log or the pool fails for good."""
    names = TopicNames(settings.topic_prefix)
    group = f"{settings.app_id}-dispatcher-{channel}"
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        gateway = await enter(gateway_of(channel, settings))
        database = await enter(
            connected(settings.database_url, name=settings.process_name, stateless=True)
        )
        publisher = await enter(kafka_io.publisher(settings.kafka))
        ends = await enter(kafka_io.end_offsets(settings.kafka))
        ahead = await enter(kafka_io.consumer(settings.kafka))
        consumer = await enter(
            kafka_io.consumer(settings.kafka, group=group, member=settings.process_name)
        )
        dispatches = Dispatches(
            database,
            simulated=settings.clock == "simulated",
            give_up_s=settings.gateway_give_up_s,
        )
        reader = WithdrawalReader(names.wire(messages_topic(channel)), ahead, ends, dispatches)
        intake = Intake(channel, names, consumer, reader)
        outbox = Outbox(publisher, dispatches, names)
        pulse = Pulse(database)
        delivery = Delivery(channel, gateway, dispatches, reader)
        pool, failed = _pool(delivery, outbox, intake)
        await enter(
            health_server(
                settings.listen_host,
                settings.listen_port,
                lambda: {
                    "assigned": intake.assigned,
                    "database": pulse.beats,
                    "pool": pool.failure is None,
                },
            )
        )
        try:
            await _serve(pool, intake, failed, (pulse.run, reader.run, outbox.run))
        finally:
            await outbox.mark()


def _pool(delivery: Delivery, outbox: Outbox, intake: Intake) -> tuple[Pool, asyncio.Future[None]]:
    """The pool, and a future that raises what ended it."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    pool = Pool(
        delivery.handle,
        outbox.deliver,
        on_committable=intake.committable,
        on_failed=lambda error: None if failed.done() else failed.set_exception(error),
        config=PoolConfig(
            tasks_max=_TASKS_MAX, call_timeout_s=_CALL_S_MAX, backoff_max_s=_BACKOFF_S_MAX
        ),
    )
    return pool, failed


async def _serve(
    pool: Pool,
    intake: Intake,
    failed: asyncio.Future[None],
    others: Sequence[Callable[[], Coroutine[Any, Any, None]]],
) -> None:
    async def watch() -> None:
        await failed

    try:
        async with asyncio.TaskGroup() as tasks:
            for run_it in others:
                tasks.create_task(run_it())
            tasks.create_task(intake.run(pool))
            tasks.create_task(watch())
    finally:
        await pool.stop()
        await intake.commit()
