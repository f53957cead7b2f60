"""Three brokers with replication 3 in the place of the one."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dunnock.embedded import kafka
from dunnock.embedded.process import Program
from dunnock.stack import Part, Plan

NAMES = ("kafka", "kafka-2", "kafka-3")
HEAP_MB = 320
CLUSTER = "dunnock-three-brokers0"
FORMAT_S_MAX = 180
#: What differs from the product's own broker.
_REPLICATED = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "min.insync.replicas": "2",
    "default.replication.factor": "3",
    # Kafka's own defaults: the product's broker is alone and loses nobody by a shorter lease.
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "2000",
    # Two cores for three of them: with the default of 2 s they elect a leader again and again.
    "controller.quorum.fetch.timeout.ms": "6000",
    "controller.quorum.election.timeout.ms": "3000",
}


@dataclass(frozen=True, kw_only=True)
class ThreeBrokersPlan(Plan):
    """Clients get all three addresses."""

    @property
    def kafka(self) -> str:
        return ",".join(f"127.0.0.1:{self.ports[name]}" for name in NAMES)


def three_brokers(plan: Plan, found: Sequence[Part]) -> Sequence[Part]:
    """The parts with three brokers; topics are made once all of them are there."""
    brokers = [Part(name=name, make=partial(_prepare, plan, name)) for name in NAMES]
    others = [part for part in found if part.name != "kafka"]
    waiting = [
        replace(part, after=(*part.after, *NAMES[1:])) if "kafka" in part.after else part
        for part in others
    ]
    return [*brokers, *waiting]


def _controller(name: str) -> str:
    return name.replace("kafka", "kafka-controller")


def _prepare(plan: Plan, name: str) -> Program:
    """One of the brokers; formats its storage the first time."""
    number = NAMES.index(name) + 1
    directory = plan.data / name
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    port = plan.ports[name]
    text = kafka._PROPERTIES.format(
        port=port, controller_port=plan.ports[_controller(name)], logs=logs.resolve()
    )
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    voters = (
        f"{n + 1}@127.0.0.1:{plan.ports[_controller(other)]}" for n, other in enumerate(NAMES)
    )
    lines |= {"node.id": str(number), "controller.quorum.voters": ",".join(voters)} | _REPLICATED
    properties = directory / "server.properties"
    properties.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
    if not (logs / "meta.properties").exists():
        _format(properties)
    address = f"127.0.0.1:{port}"
    return Program(
        name=name,
        argv=(*_java(HEAP_MB), "kafka.Kafka", str(properties)),
        address=address,
        probe=partial(kafka.answers_metadata, address),
    )


def _java(heap_mb: int) -> tuple[str, ...]:
    return (
        kafka.java(),
        f"-Xms{heap_mb // 2}m",
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # three optimising compilers would take both cores
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={kafka.LOGGING}",
        "-cp",
        str(kafka.JARS / "*"),
    )


def _format(properties: Path) -> None:
    tool = (*_java(128), "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties))
    subprocess.run(tool, check=True, capture_output=True, timeout=FORMAT_S_MAX)
