"""Stock faust-streaming, its table in RocksDB, at least once, as its documentation writes it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import faust

sys.path.insert(0, os.environ["BENCH_ROOT"])
from benchmarks.engine import job

RECOVERED = Path(os.environ["BENCH_DIR"], "recovered")
prefix = os.environ["BENCH_PREFIX"]
app = faust.App(
    os.environ["BENCH_GROUP"],
    broker=f"kafka://{os.environ['BENCH_KAFKA']}",
    store="rocksdb://",
    datadir=os.environ["BENCH_DIR"],
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
raw: Any = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}
sources = app.topic(*(prefix + name for name in job.SOURCES), **raw)
outputs = app.topic(prefix + job.OUTPUTS, **raw)
rows = app.Table(
    job.TABLE, default=bytes, key_type=bytes, value_type=bytes, options={"driver": "rocksdict"}
)


@app.agent(sources)
async def decide(stream: Any) -> None:
    async for event in stream.events():
        row, output = job.fold(rows[event.key] or None, event.value)
        rows[event.key] = row
        if output is not None:
            await outputs.send(key=event.key, value=output)


@rows.on_recover
async def recovered() -> None:
    """For the bench of recovery: when it began and ended, epoch seconds."""
    # Faust tells nobody else when its recovery began.
    took_s = time.monotonic() - app.tables.recovery._recovery_started_at  # noqa: SLF001
    times = f"{time.time() - took_s} {time.time()}"
    RECOVERED.write_text(times)  # noqa: ASYNC240 - once, when nothing else runs


if __name__ == "__main__":
    sys.argv = ["faust", "worker", "-l", "warn", "--without-web"]
    app.main()
