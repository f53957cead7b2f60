"""Quix Streams with its state in RocksDB; BENCH_GUARANTEE: at-least-once or exactly-once."""

from __future__ import annotations

import os
import sys

from quixstreams import Application, State

sys.path.insert(0, os.environ["BENCH_ROOT"])
from benchmarks.engine import job

prefix = os.environ["BENCH_PREFIX"]
commit_s = int(os.environ["BENCH_COMMIT_MS"]) / 1000
app = Application(
    broker_address=os.environ["BENCH_KAFKA"],
    consumer_group=os.environ["BENCH_GROUP"],
    auto_offset_reset="earliest",
    state_dir=os.environ["BENCH_DIR"],
    processing_guarantee=os.environ["BENCH_GUARANTEE"],  # type: ignore[arg-type]
    commit_interval=commit_s,
    # With two topics in one frame it waits this long for ten thousand messages before it handles
    # what came. Its default of a second would be the latency.
    consumer_poll_timeout=min(0.1, commit_s / 5),
    # A key must land where everybody else's producer puts it.
    producer_extra_config={"partitioner": "murmur2_random"},
    loglevel="WARNING",
)


def decide(value: bytes, state: State) -> bytes | None:
    row, output = job.fold(state.get_bytes(job.TABLE), value)
    state.set_bytes(job.TABLE, row)
    return output


def wired() -> None:
    """Both topics in one frame, so that they share their state."""
    payments, applications = (
        app.dataframe(
            app.topic(prefix + name, key_deserializer="bytes", value_deserializer="bytes")
        )
        for name in job.SOURCES
    )
    outputs = app.topic(prefix + job.OUTPUTS, key_serializer="bytes", value_serializer="bytes")
    decided = payments.concat(applications).apply(decide, stateful=True)
    decided.filter(lambda output: output is not None).to_topic(outputs)


if __name__ == "__main__":
    wired()
    app.run()
