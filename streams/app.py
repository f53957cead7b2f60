"""The Faust app with our transport, tables and recovery, and the settings that matter."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import faust
from faust.types.enums import ProcessingGuarantee

from runtime.settings import Settings
from streams.assignment import Surroundings
from streams.consumer import Consumer
from streams.core.budget import BudgetLimits
from streams.core.config import LaneConfig
from streams.engine import REBALANCE_TIMEOUT_S, Engine
from streams.group_reader import GroupReader
from streams.publisher import Publisher
from streams.recovery import TableManager
from streams.rocks import RocksMemory
from streams.stores import LocalStores
from streams.tables import Table
from streams.ticker import Now, Ticker
from streams.topics import TopicNames
from streams.transport import Transport

#: Two thirds of the time a lane that is not behind lets events gather: see `LaneConfig`.
REST_SHARE = 2.0


class DunnockApp(faust.App):
    """A Faust app that owns an `Engine`. Made by `create_app`, on the loop that runs it."""

    engine: Engine
    stores: LocalStores
    names: TopicNames
    ticker: Ticker
    #: Resolves with the reason when the engine can't go on. The process must then end.
    failed: asyncio.Future[BaseException]

    def fail(self, reason: BaseException) -> None:
        """Remember why; the first reason counts. Nothing is acked from here on."""
        if not self.failed.done():
            self.failed.set_result(reason)

    async def check_group(self) -> None:
        """Raise what membership in the consumer group has failed with."""
        await cast(Consumer, self.consumer).check()

    async def on_started(self) -> None:
        """Pools begin only now: their handlers may need services that Faust has just started."""
        await super().on_started()
        self.engine.pools_may_run = True

    def _crash(self, reason: BaseException) -> None:
        super()._crash(reason)
        self.fail(reason)


def create_app(settings: Settings, *, now: Now) -> DunnockApp:
    """The worker's app. `now` gives the time for ticks. Call inside the running event loop."""
    name = settings.process_name
    (settings.data_dir / name).mkdir(parents=True, exist_ok=True)
    app = DunnockApp(
        settings.app_id,
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        datadir=str(settings.data_dir / name),
        # Stable, whatever the port: a static member that returns under another URL is refused.
        canonical_url=f"http://{name}",
        consumer_group_instance_id=name,
        autodiscover=False,
        web_enabled=False,
        Table=Table,
        TableManager=TableManager,
        processing_guarantee=ProcessingGuarantee.AT_LEAST_ONCE,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication_factor,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=settings.standby_replicas,
        stream_wait_empty=True,
        stream_recovery_delay=0.0,
        agent_supervisor="mode.CrashingSupervisor",
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_rebalance_timeout=REBALANCE_TIMEOUT_S,
        broker_commit_interval=1.0,
        broker_max_poll_records=1_000,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        producer_request_timeout=60.0,
    )
    _equip(app, settings, now)
    return app


def _equip(app: DunnockApp, settings: Settings, now: Now) -> None:
    app.failed = asyncio.get_running_loop().create_future()
    app.names = TopicNames(settings.topic_prefix)
    app.stores = LocalStores(
        settings.data_dir / settings.process_name / "rows",
        RocksMemory(settings.table_cache_mib, settings.table_write_buffers_mib),
    )
    publisher = Publisher(settings.kafka, app.names)
    app.ticker = Ticker(publisher, now, settings.app_id)
    app.engine = Engine(
        Surroundings(
            bootstrap=settings.kafka,
            app_id=settings.app_id,
            process_name=settings.process_name,
            names=app.names,
            stores=app.stores,
            publisher=publisher,
            ticker=app.ticker,
            reader=GroupReader(settings.kafka, settings.app_id),
            budget=BudgetLimits(settings.dead_letters_in_a_row, settings.dead_letters_share),
            # Simulated time is about order, not about load: nothing there gains from resting.
            lane_config=LaneConfig(rest_share=REST_SHARE if settings.clock == "real" else 0.0),
        ),
        app.fail,
    )
    transport: Any = Transport(app.conf.broker_consumer, app)
    app.transport = transport
