"""Figures of this moment: looks that wait, and the age of the oldest unprocessed record."""

from __future__ import annotations

from collections.abc import Mapping

from runtime import metrics
from runtime.clock import epoch_s
from streams.core.status import LaneStatus


def oldest_unprocessed_s(status: LaneStatus) -> float | None:
    """Age by the broker's clock of the oldest record in the lane, None when nothing waits."""
    oldest = status.oldest_unprocessed_ms
    return None if oldest is None else max(0.0, epoch_s() - oldest / 1000)


def show(lanes: Mapping[int, LaneStatus]) -> None:
    """Set the gauges; those of partitions that are gone disappear."""
    metrics.LOOKS_PENDING.clear()
    metrics.OLDEST_UNPROCESSED_SECONDS.clear()
    for partition, status in lanes.items():
        age = oldest_unprocessed_s(status) or 0.0
        metrics.LOOKS_PENDING.labels(str(partition)).set(status.pending_looks)
        metrics.OLDEST_UNPROCESSED_SECONDS.labels(str(partition)).set(age)
