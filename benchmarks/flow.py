"""`make bench-flow`: from the acknowledgement of an event to the message at the gateway.

python -m benchmarks.flow --rate 500 --seconds 60

The whole stack runs on this machine. The clock starts when the publisher has the broker's
acknowledgement of the failed debit or the payment, and ends when the gateway simulator notes the
message: fetch, ledger, last look, transaction, claim in PostgreSQL and HTTP or SMTP in between.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from benchmarks.erp import erp_publisher
from benchmarks.processor import Usage
from tests.faults import events
from tests.faults.checker.evidence import MESSAGE_TOPICS, Received, instant
from tests.faults.collect import read_topics, received
from tests.faults.events import Outgoing
from tests.faults.settle import wait_at_rest
from tests.faults.stack import running_stack
from tests.faults.stories import zones

#: What is aimed at, for both kinds together and each alone.
AIM_P99_MS = 500
#: Before the figures count: a broker that has just started compiles itself for most of a minute.
WARM_UP_S = 45.0
WARM_UP_SHARE = 0.4


def planned_events(
    rate: float, seconds: float, rng: random.Random
) -> Iterator[tuple[float, Outgoing]]:
    """The warm-up at part of the rate, then `seconds` at the full one."""
    yield from mixed_events("w", rate * WARM_UP_SHARE, WARM_UP_S, rng)
    for at, outgoing in mixed_events("b", rate, seconds, rng):
        yield WARM_UP_S + at, outgoing


def mixed_events(
    name: str, rate: float, seconds: float, rng: random.Random
) -> Iterator[tuple[float, Outgoing]]:
    """Three customers in ten events; one event calls for a reminder, one for a thank-you."""
    zone = zones(datetime.now(UTC), 8.5, 19.5)[0]
    run = f"{name}{int(time.time()):x}"
    number = itertools.count(1)
    for step in range(int(rate * seconds / 10)):
        at = step * 10 / rate + rng.uniform(0, 10 / rate)
        for offset, outgoing in _ten(f"{run}-{next(number)}", zone, rng):
            yield at + offset, outgoing


def _ten(who: str, zone: str, rng: random.Random) -> Iterator[tuple[float, Outgoing]]:
    """A debtor who is reminded, one who pays a late bill, and one who never owed anything."""
    minor = rng.randint(1000, 9000)
    channels = rng.choice([["sms"], ["push"], ["email"]])
    for letter in "abc":
        data = events.customer(f"{who}{letter}", zone, preferences={"channels": channels})
        yield 0.0, _event("customers", "customer.updated.v1", data)
    yield (
        0.5,
        _event("invoices", "invoice.issued.v1", events.invoice(f"{who}a", f"{who}a", minor, -6)),
    )
    yield (
        0.5,
        _event("invoices", "invoice.issued.v1", events.invoice(f"{who}b", f"{who}b", minor, -6)),
    )
    yield (
        0.5,
        _event("invoices", "invoice.issued.v1", events.invoice(f"{who}c", f"{who}c", minor, 9)),
    )
    failed = events.failed_debit(f"{who}a", f"{who}a", minor)
    yield 2.0, _event("failed-direct-debits", "direct-debit.failed.v1", failed, f"{who}-fail")
    paid = events.payment(f"{who}b", f"{who}b", minor)
    yield 2.0, _event("payments", "payment.received.v1", paid, f"{who}-pay")
    paid = events.payment(f"{who}c", f"{who}c", minor, "direct_debit")
    yield 2.0, _event("payments", "payment.received.v1", paid)
    seen: dict[str, object] = {
        "customer_id": f"{who}c",
        "channel": "email",
        "at": events.rfc3339(events.now()),
    }
    yield 2.5, _event("interactions", "link.clicked.v1", seen)


def _event(topic: str, kind: str, data: dict[str, object], ce_id: str | None = None) -> Outgoing:
    return events.event(topic, kind, data, ce_id=ce_id or f"{data['customer_id']}-{topic}")


@dataclass(frozen=True, slots=True)
class Request:
    """A message that was asked for: by which event, and when the lane wrote it (epoch ms)."""

    kind: str
    cause: str
    written_ms: int


def latencies(
    acked_at: Mapping[str, float],
    requests: Mapping[str, Request],
    gateway: Sequence[Received],
) -> dict[str, list[float]]:
    """Milliseconds by kind, channel and part of the way; the warm-up is left out."""
    first = min(acked_at.values())
    found: dict[str, list[float]] = {}
    for message in gateway:
        request = requests[message.message_id]
        acked = acked_at.get(request.cause)
        if acked is None or acked < first + WARM_UP_S:
            continue
        took = (instant(message.received_at).timestamp() - acked) * 1000
        written = request.written_ms - acked * 1000
        for name, part in (
            (request.kind, took),
            (f"{request.kind} by {message.channel}", took),
            (f"{request.kind} until written", written),
            (f"{request.kind} from there", took - written),
        ):
            found.setdefault(name, []).append(part)
    return found


def requests_of(kafka: str) -> dict[str, Request]:
    """By message_id."""
    found = {}
    for entry in read_topics(kafka, MESSAGE_TOPICS, {}):
        if entry.header("ce_type") == "message.requested.v1":
            data = json.loads(entry.value or b"{}")
            found[data["message_id"]] = Request(data["kind"], data["caused_by"], entry.timestamp_ms)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(rate: float, seconds: float, workers: int) -> dict[str, list[float]]:
    """Run the stack and the load; gives the latencies."""
    with running_stack("--no-traffic", "--workers", str(workers)) as stack:
        info = stack.info()
        planned = sorted(planned_events(rate, seconds, random.Random(1)), key=lambda one: one[0])
        before = time.monotonic()
        loads: list[float] = []
        usage = Usage(info["pids"])
        async with erp_publisher(info["kafka"]) as erp:
            publishing = asyncio.create_task(erp.publish_paced(planned))
            while not publishing.done():
                loads.append(os.getloadavg()[0])
                await asyncio.sleep(1)
            await publishing
        took = time.monotonic() - before
        cores = usage.cores()
        rest = await wait_at_rest(stack, 120)
        async with aiohttp.ClientSession() as session:
            gateway = await received(session, stack.info())
        warm_up = f"{WARM_UP_S:.0f} s at {rate * WARM_UP_SHARE:.0f}/s to warm up"
        print(f"{len(planned)} events in {took:.1f} s: {warm_up}, then {rate:.0f}/s")
        print(f"at rest {rest:.1f} s later; messages at the gateways: {len(gateway)}")
        busiest = sorted(cores.items(), key=lambda one: -one[1])
        print("cores in use: " + ", ".join(f"{name} {used:.2f}" for name, used in busiest))
        print(f"load average {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} cores")
        return latencies(erp.acked_at, requests_of(info["kafka"]), gateway)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the p99 of reminders and of thank-yous reach the aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=500, help="events a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    print(f"load average before the start {load:.1f} on {os.cpu_count()} cores")
    found = asyncio.run(measure(chosen.rate, chosen.seconds, chosen.workers))
    figures = {}
    for name, values in sorted(found.items()):
        p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
        figures[name] = {"n": len(values), "p50_ms": round(p50), "p99_ms": round(p99)}
        print(f"{name:<24} n {len(values):>6}   p50 {p50:>7.0f} ms   p99 {p99:>7.0f} ms")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2))
    reached = [figures.get(kind, {}).get("p99_ms") for kind in ("reminder", "thank_you")]
    return 0 if all(p99 is not None and p99 <= AIM_P99_MS for p99 in reached) else 1


if __name__ == "__main__":
    sys.exit(main())
