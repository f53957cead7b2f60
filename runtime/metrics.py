"""Every metric of Dunnock, in one list: `dunnock_<noun>_<unit>[_total]`.

Labels are names of parts, never ids: each label has a small, known set of values. A process
shows all of them; those that are none of its business stay at zero.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector

#: Our own registry: libraries that register in the default one don't mix with ours.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_FAST_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


def _counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(f"dunnock_{name}_total", what, labels, registry=REGISTRY)


def _gauge(name: str, what: str, *labels: str) -> Gauge:
    return Gauge(f"dunnock_{name}", what, labels, registry=REGISTRY)


def _histogram(name: str, what: str, *labels: str) -> Histogram:
    return Histogram(f"dunnock_{name}", what, labels, registry=REGISTRY, buckets=_FAST_S)


# --- the stateful side --------------------------------------------------------------------------
EVENTS = _counter("events", "Input events applied", "topic", "outcome")
OUTPUTS = _counter("outputs", "Events published", "topic")
DEAD_LETTERS = _counter("dead_letters", "Records sent to dead-letters", "topic", "reason")
BATCHES = _counter("batches", "Batches by how they ended", "outcome")
BATCH_SECONDS = _histogram("batch_seconds", "From taking a batch to its acks", "step")
LOOKS_PENDING = _gauge("looks_pending", "Last looks that wait for the log", "partition")
OLDEST_UNPROCESSED_SECONDS = _gauge(
    "oldest_unprocessed_seconds", "Age of the oldest record not yet processed", "partition"
)
LAG_RECORDS = _gauge("lag_records", "Records behind the end of the log", "group", "topic")
RECOVERY_ROWS = _counter("recovery_rows", "Rows restored from changelogs", "table")
STANDBY_ROWS = _counter("standby_rows", "Rows written to standby copies", "table")
STANDBY_LAG_RECORDS = _gauge(
    "standby_lag_records", "Changelog records a standby copy lacks", "table", "partition"
)
STANDBY_FAILURES = _counter("standby_failures", "Times the standby had to begin again")
REBALANCES = _counter("rebalances", "Times partitions were assigned")

# --- outside services ---------------------------------------------------------------------------
BUREAU_CALLS = _counter("bureau_calls", "Calls to credit bureaus", "provider", "status")
BUREAU_SECONDS = _histogram("bureau_seconds", "Duration of a call to a bureau", "provider")
GATEWAY_CALLS = _counter("gateway_calls", "Calls to message gateways", "channel", "outcome")
GATEWAY_SECONDS = _histogram("gateway_seconds", "Duration of a call to a gateway", "channel")
DISPATCHES = _counter("dispatches", "Messages by how their dispatch ended", "channel", "state")
DISPATCH_SECONDS = _histogram("dispatch_seconds", "From reading a message to its end", "channel")
DISPATCHES_IN_FLIGHT = _gauge("dispatches_in_flight", "Messages being dispatched", "channel")

# --- the projection -----------------------------------------------------------------------------
PROJECTED = _counter("projected_records", "Records projected into Postgres", "topic")
PROJECTION_SKIPPED = _counter("projection_skipped_records", "Records without a row", "topic")
PROJECTION_SECONDS = _histogram("projection_seconds", "Duration of one projection transaction")
PROJECTION_DELAY_SECONDS = _gauge("projection_delay_seconds", "Age of the last projected record")

# --- the web ------------------------------------------------------------------------------------
HTTP_REQUESTS = _counter("http_requests", "Requests answered", "route", "method", "status")
HTTP_SECONDS = _histogram("http_seconds", "Duration of a request", "route")
LOGINS = _counter("logins", "Attempts to log in", "outcome")
SIMULATED = _counter("simulated_requests", "Requests to a simulator", "simulator", "outcome")


def exposition() -> tuple[bytes, str]:
    """The metrics in Prometheus' text format, and their content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
