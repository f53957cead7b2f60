"""A real Apache Kafka 4.1: one node, KRaft, from the jars that `make setup` copied."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import uuid
from functools import partial
from pathlib import Path

from dunnock.embedded.problems import Problem
from dunnock.embedded.process import Program

JARS = Path(__file__).resolve().parents[2] / ".dunnock" / "kafka" / "libs"
LOGGING = Path(__file__).resolve().parents[2] / "deploy" / "kafka" / "log4j2.properties"
_PROBE_TIMEOUT_S = 2.0
_FORMAT_TIMEOUT_S = 180.0

#: What a laptop needs: few internal partitions (a new broker is ready sooner), no waiting for
#: further members, dead transactions aborted within a second, thirty days of log (the time for
#: which event identities are remembered).
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={logs}
auto.create.topics.enable=false
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.hours=720
log.segment.bytes=134217728
log.index.size.max.bytes=2097152
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
"""


def java() -> str:
    """The Java launcher. Raises `Problem` when there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    found = found or shutil.which("java")
    if not found:
        raise Problem(
            "Java is missing: install Java 17 (on Debian: apt install default-jre-headless)."
        )
    return found


def prepare(
    directory: Path,
    *,
    port: int,
    controller_port: int,
    heap_mb: int = 384,
    short_lived: bool = False,
) -> Program:
    """A broker whose data is under `directory`; formats it the first time.

    A `short_lived` one does without the optimising compiler, which takes a tenth to a fifth of a
    broker's time in its first minutes and pays only later.
    Survives kill -9: preparing and starting again on the same directory recovers the log.
    """
    if not any(JARS.glob("kafka-server-*.jar")):
        raise Problem(f"Kafka's jars are missing from {JARS}: run `make setup`.")
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    properties = directory / "server.properties"
    properties.write_text(
        _PROPERTIES.format(port=port, controller_port=controller_port, logs=logs.resolve())
    )
    if not (logs / "meta.properties").exists():
        _format(properties)
    address = f"127.0.0.1:{port}"
    return Program(
        name="kafka",
        argv=(
            java(),
            f"-Xms{heap_mb // 2}m",
            f"-Xmx{heap_mb}m",
            "-XX:+UseSerialGC",
            *(("-XX:TieredStopAtLevel=1",) if short_lived else ()),
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dlog4j2.configurationFile={LOGGING}",
            "-cp",
            str(JARS / "*"),
            "kafka.Kafka",
            str(properties),
        ),
        address=address,
        probe=partial(answers_metadata, address),
    )


def _format(properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # An id that starts with a dash would be read as an option.
    cluster = "d" + cluster[1:]
    done = subprocess.run(
        [
            *(
                java(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                f"-Dlog4j2.configurationFile={LOGGING}",
            ),
            *("-cp", str(JARS / "*"), "kafka.tools.StorageTool", "format"),
            *("-t", cluster, "-c", str(properties)),
        ],
        capture_output=True,
        text=True,
        timeout=_FORMAT_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        why = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Problem(f"Kafka's storage could not be formatted: {''.join(why)}")


def answers_metadata(address: str) -> None:
    """Ask for the cluster's metadata; raises until a broker is registered and serves it."""
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": address, "log_level": 0, "logger": _silent})
    if not client.list_topics(timeout=_PROBE_TIMEOUT_S).brokers:
        raise ConnectionError("no broker has registered yet")


class _Silent:
    """librdkafka reports each refused connection; while we wait that is expected."""

    def log(self, *_: object) -> None:
        return


_silent = _Silent()
