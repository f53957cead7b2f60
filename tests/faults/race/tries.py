"""The tries: a failed debit makes a reminder due, and a payment is aimed at its look."""

from __future__ import annotations

import random
import statistics
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush

from confluent_kafka import Consumer, TopicPartition

from tests.faults import events
from tests.faults.events import Outgoing
from tests.faults.publisher import Publisher
from tests.faults.race.rig import Rig
from tests.faults.stories import zones

#: The payment's acknowledgement is aimed at the look plus or minus this.
SPREAD_S = 0.2
#: The share that is aimed much closer: what decides is the last milliseconds.
NEAR_SHARE = 0.6
NEAR_S = 0.012
#: From a failed debit to its look, before anything has been measured.
FIRST_GUESS_S = 0.06
#: Events are planned so far ahead that the earliest payment still lies before them.
AHEAD_S = 0.5
WAITS_S_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Try:
    """One race: the names of its failed debit and its payment."""

    customer: str
    failure: str
    payment: str


def prepare(rig: Rig, publisher: Publisher, number: int, run: str) -> list[Try]:
    """Customers with an unpaid direct debit invoice, applied before the first try."""
    zone = zones(datetime.now(UTC), 8.5, 19.5)[0]
    tries = []
    for index in range(number):
        who = f"{run}-{index}"
        data = events.customer(who, zone, preferences={"channels": ["sms"]})
        publisher.send(events.event("customers", "customer.updated.v1", data, ce_id=f"{who}-c"))
        bill = events.invoice(who, f"{who}-i", 4999, -6)
        publisher.send(events.event("invoices", "invoice.issued.v1", bill, ce_id=f"{who}-i"))
        tries.append(Try(who, f"{who}-f", f"{who}-p"))
    publisher.flush()
    wait_applied(rig, ("customers", "invoices"))
    return tries


def run_tries(
    rig: Rig, publisher: Publisher, tries: list[Try], per_second: float, rng: random.Random
) -> None:
    """Publish all tries, each payment aimed at the look its reminder will take."""
    aim = _Aim(rig, publisher)
    due: list[tuple[float, int, Outgoing]] = []
    next_try = time.time() + AHEAD_S
    waiting = iter(enumerate(tries))
    more = True
    while more or due:
        now = time.time()
        while more and next_try - now < AHEAD_S:
            index, one = next(waiting, (0, None))
            more = one is not None
            if one is not None:
                failure, payment = _records(one)
                offset = rng.uniform(-SPREAD_S, SPREAD_S)
                if rng.random() < NEAR_SHARE:
                    offset = rng.uniform(-NEAR_S, NEAR_S)
                heappush(due, (next_try - aim.delay_s(), 2 * index, failure))
                heappush(due, (next_try + offset, 2 * index + 1, payment))
                next_try += rng.expovariate(per_second)
        while due and due[0][0] <= time.time():
            publisher.send(heappop(due)[2])
        publisher.poll(min(0.001, max(0.0, due[0][0] - time.time())) if due else 0.001)
    publisher.flush()
    wait_applied(rig, ("failed-direct-debits", "payments"))


def _records(one: Try) -> tuple[Outgoing, Outgoing]:
    failure = events.failed_debit(one.customer, f"{one.customer}-i", 4999)
    payment = events.payment(one.customer, one.payment, 4999)
    return (
        events.event("failed-direct-debits", "direct-debit.failed.v1", failure, ce_id=one.failure),
        events.event("payments", "payment.received.v1", payment, ce_id=one.payment),
    )


class _Aim:
    """How long a look takes after its failed debit was sent, from the looks just seen."""

    def __init__(self, rig: Rig, publisher: Publisher) -> None:
        self._rig = rig
        self._publisher = publisher
        self._recent: deque[float] = deque(maxlen=150)
        self._seen = 0
        self._next_reading = 0.0
        self._delay_s = FIRST_GUESS_S

    def delay_s(self) -> float:
        """The median of the last looks."""
        if time.monotonic() >= self._next_reading:
            self._next_reading = time.monotonic() + 0.5
            self._read()
        return self._delay_s

    def _read(self) -> None:
        questions = sorted(self._rig.questions(), key=lambda one: one.asked)
        for question in questions[self._seen :]:
            for ref in question.refs:
                acked = self._publisher.by_id.get(f"{customer_of(ref)}-f")
                if acked is not None and question.asked > acked[0] - SPREAD_S:
                    self._recent.append(question.asked - acked[0])
        self._seen = len(questions)
        if len(self._recent) >= 20:
            self._delay_s = max(0.0, statistics.median(self._recent))


def customer_of(ref: str) -> str:
    """The customer in a look's name, `c|<customer>|<name>`; no id of ours needs quoting."""
    return ref.split("|")[1]


def wait_applied(rig: Rig, topics: tuple[str, ...]) -> None:
    """Until the workers have committed everything in these topics."""
    consumer = Consumer({"bootstrap.servers": rig.servers.kafka, "group.id": rig.group})
    until = time.monotonic() + WAITS_S_MAX
    try:
        while lag := _lag(consumer, [rig.servers.prefix + topic for topic in topics]):
            if time.monotonic() > until:
                raise TimeoutError(f"{lag} records of {topics} are still waiting")
            time.sleep(0.2)
    finally:
        consumer.close()


def _lag(consumer: Consumer, topics: list[str]) -> int:
    lag = 0
    for topic in topics:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        for one in consumer.committed([TopicPartition(topic, p) for p in partitions], timeout=30):
            lag += consumer.get_watermark_offsets(one, timeout=30)[1] - max(0, one.offset)
    return lag
