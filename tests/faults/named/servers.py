"""Servers that go away: the broker, PostgreSQL, Redis, and each of three brokers."""

from __future__ import annotations

import asyncio
import time

import aiohttp
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.faults.named.brokers import NAMES, ThreeBrokersPlan, three_brokers
from tests.faults.named.registry import Fault, Size
from tests.faults.named.scene import Scene

BROKER_AWAY_S = 30.0
POSTGRES_AWAY_S = 60.0
REDIS_AWAY_S = 30.0
#: Long enough to be noticed: see the lease and the quorum in `brokers`.
ONE_OF_THREE_AWAY_S = 30.0
#: It has to fetch what it missed before the next one may go.
IN_SYNC_S_MAX = 240.0


async def broker(scene: Scene) -> None:
    """The only broker: nothing can move meanwhile; afterwards everybody finds it by himself."""
    await scene.at(scene.seconds * 0.3)
    await scene.rig.away("kafka", BROKER_AWAY_S)
    back = time.monotonic()
    scene.over()
    moved = await scene.until(lambda: _moved(scene, back), 90)
    scene.expect(moved, "every partition moves again")
    scene.figures["all partitions after its start, s"] = round(time.monotonic() - back, 1)
    said = [line for line in scene.said if " ended (" in line and not line.startswith("kafka")]
    scene.figures["processes that ended meanwhile"] = len(said)


async def _moved(scene: Scene, since: float) -> bool:
    return all(moments and moments[-1] > since for moments in scene.watch.moved.values())


async def postgres(scene: Scene) -> None:
    """Lists, claims and pages stop; the workers must not."""
    await scene.at(scene.seconds * 0.2)
    gone = time.monotonic()
    await scene.rig.away("postgres", POSTGRES_AWAY_S)
    worst = max(scene.watch.longest(gone).values(), default=0.0)
    scene.figures["workers' longest gap meanwhile, s"] = round(worst, 1)
    scene.expect(worst < 5, "workers go on without PostgreSQL")


async def redis(scene: Scene) -> None:
    """It held the workers' registrations and is empty when it comes back."""
    await scene.at(scene.seconds * 0.3)
    await scene.rig.away("redis", REDIS_AWAY_S)
    back = time.monotonic()
    found = await scene.until(lambda: _web_finds_rows(scene), 60)
    scene.expect(found, "live rows can be read again")
    scene.figures["live rows after its start, s"] = round(time.monotonic() - back, 1)


async def _web_finds_rows(scene: Scene) -> bool:
    info = scene.rig.info()
    headers = {"Authorization": f"Bearer {info['api_key']}"}
    keys = list(scene.publisher.keys.values())
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as http:
            for key in keys:  # one of each partition
                url = f"{info['web']}/api/v1/customers/{key}"
                async with http.get(url, headers=headers) as answer:
                    if answer.status not in {200, 404}:
                        return False
    except (aiohttp.ClientError, TimeoutError):
        return False
    return bool(keys)


async def in_turn(scene: Scene) -> None:
    """Each of the three is killed and away; the next one once all replicas are in sync again."""
    await scene.at(scene.seconds * 0.1)
    for name in NAMES:
        scene.periods[f"longest gap without {name}, s"] = time.monotonic()
        await scene.rig.away(name, ONE_OF_THREE_AWAY_S)
        back = time.monotonic()
        again = await scene.until(lambda: asyncio.to_thread(_in_sync, scene), IN_SYNC_S_MAX)
        scene.expect(again, f"{name} comes back in sync")
        scene.figures[f"{name} in sync again after, s"] = round(time.monotonic() - back, 1)
    scene.over()
    ended = [line for line in scene.said if line.startswith("worker-") and " ended (" in line]
    scene.figures["workers that ended meanwhile"] = len(ended)


def _in_sync(scene: Scene) -> bool:
    """Whether each broker says that every partition has all its replicas in sync.

    Each is asked: to the others one that has just died may seem to be there.
    """
    return all(_sees_all(address) for address in scene.publisher.bootstrap.split(","))


def _sees_all(address: str) -> bool:
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    try:
        topics = admin.list_topics(timeout=5).topics.values()
    except KafkaException:
        return False
    partitions = [one for topic in topics for one in topic.partitions.values()]
    return all(len(one.isrs) == len(NAMES) for one in partitions)


FAULTS = (
    Fault(name="broker-away", act=broker, short=Size(100)),
    Fault(name="postgres-away", act=postgres, short=Size(100)),
    Fault(name="redis-away", act=redis, short=Size(80)),
    Fault(
        name="three-brokers",
        act=in_turn,
        short=Size(240, 25),
        arrange=three_brokers,
        plan_type=ThreeBrokersPlan,
        env={"DUNNOCK_REPLICATION_FACTOR": "3"},
    ),
)
