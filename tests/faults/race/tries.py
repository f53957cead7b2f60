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

#: The payment's acknowledgement is spread around the look plus or minus this.
SPREAD_S = 0.2
#: What decides is the last milliseconds, so these shares are aimed by the worker's own signs:
#: around the look, when its reminder falls due, and into the look, when it asks.
AROUND_SHARE = 0.35
INTO_SHARE = 0.3
#: The share that pays long after: these must be reminded, or silence would pass for safety.
LATE_SHARE = 0.1
#: From a failed debit to its look, and from the sign to the look, before anything is measured.
FIRST_GUESS_S = 0.06
#: Events are planned so far ahead of their look that the earliest payment still lies before it.
AHEAD_S = 0.3
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
    shots = _Shots(rig, publisher, rng)
    next_try = time.time()
    waiting = deque(tries)
    while waiting or shots.pending:
        now = time.time()
        while waiting and next_try <= now:
            shots.begin(waiting.popleft(), now)
            next_try = max(next_try, now - 0.1) + rng.expovariate(per_second)
        shots.fire()
        publisher.poll(0.001)
    publisher.flush()
    wait_applied(rig, ("failed-direct-debits", "payments"))


class _Shots:
    """Payments on their way: some by the clock, most by the sign that their reminder is due."""

    def __init__(self, rig: Rig, publisher: Publisher, rng: random.Random) -> None:
        self._rig = rig
        self._publisher = publisher
        self._rng = rng
        self._aim = _Aim(rig, publisher)
        self._due: list[tuple[float, str, Outgoing]] = []
        #: (Sign, customer) -> the payment that waits for it.
        self._held: dict[tuple[str, str], Outgoing] = {}

    @property
    def pending(self) -> int:
        return len(self._due)

    def begin(self, one: Try, now: float) -> None:
        """Plan the failed debit, and the payment unless that waits for the sign."""
        failure, payment = _records(one)
        look_at = now + AHEAD_S + self._aim.from_failure_s
        heappush(self._due, (now + AHEAD_S, one.failure, failure))
        drawn = self._rng.random()
        if drawn < AROUND_SHARE + INTO_SHARE:
            self._held["due" if drawn < AROUND_SHARE else "asks", one.customer] = payment
            # Should the sign get lost, the payment still comes.
            at = look_at + 10
        elif drawn < AROUND_SHARE + INTO_SHARE + LATE_SHARE:
            at = look_at + 1 + self._aim.from_failure_s
        else:
            at = look_at + self._rng.uniform(-SPREAD_S, SPREAD_S) - self._aim.ack_s
        heappush(self._due, (at, one.payment, payment))

    def fire(self) -> None:
        """Send what is due, and aim what just got its sign."""
        self._aim.read()
        for sign, ref in self._rig.signalled():
            customer = customer_of(ref)
            if sign == "due":
                self._aim.signs[customer] = time.time()
            payment = self._held.pop((sign, customer), None)
            if payment is not None:
                self._shoot(payment, sign)
        while self._due:
            at, name, outgoing = self._due[0]
            is_sent = name in self._publisher.sent
            if not is_sent and at > time.time():
                break
            heappop(self._due)
            if not is_sent:
                self._publisher.send(outgoing)

    def _shoot(self, payment: Outgoing, sign: str) -> None:
        wait = 0.0
        if sign == "due":
            # The acknowledgement, not the sending, is to fall around the look.
            wait = self._rng.uniform(0.5, 1.5) * self._aim.from_sign_s - self._aim.ack_s
        heappush(self._due, (time.time() + wait, payment.label, payment))


def _records(one: Try) -> tuple[Outgoing, Outgoing]:
    failure = events.failed_debit(one.customer, f"{one.customer}-i", 4999)
    payment = events.payment(one.customer, one.payment, 4999)
    kind = "direct-debit.failed.v1"
    return (
        events.event("failed-direct-debits", kind, failure, ce_id=one.failure),
        events.event("payments", "payment.received.v1", payment, ce_id=one.payment),
    )


class _Aim:
    """How long things take, from those that were just seen: medians, read twice a second."""

    def __init__(self, rig: Rig, publisher: Publisher) -> None:
        self._rig = rig
        self._publisher = publisher
        self._seen = 0
        self._next_reading = 0.0
        self._delays: dict[str, deque[float]] = {
            name: deque(maxlen=100) for name in ("failure", "sign", "ack")
        }
        #: Customer -> when the sign came.
        self.signs: dict[str, float] = {}
        self.from_failure_s = self.from_sign_s = FIRST_GUESS_S
        self.ack_s = 0.005

    def read(self) -> None:
        """Take the newest looks into account, if it is time to."""
        if time.monotonic() < self._next_reading:
            return
        self._next_reading = time.monotonic() + 0.5
        questions = list(self._rig.questions())
        for question in questions[self._seen :]:
            for ref in question.refs:
                self._note(customer_of(ref), question.asked)
        self._seen = len(questions)
        self.from_failure_s = self._median("failure", self.from_failure_s)
        self.from_sign_s = self._median("sign", self.from_sign_s)
        self.ack_s = self._median("ack", self.ack_s)

    def _note(self, customer: str, asked: float) -> None:
        failure = f"{customer}-f"
        if failure in self._publisher.by_id:
            sent, acked = self._publisher.sent[failure], self._publisher.by_id[failure][0]
            self._delays["failure"].append(max(0.0, asked - sent))
            self._delays["ack"].append(acked - sent)
        if customer in self.signs:
            self._delays["sign"].append(max(0.001, asked - self.signs[customer]))

    def _median(self, name: str, otherwise: float) -> float:
        delays = self._delays[name]
        return statistics.median(delays) if len(delays) >= 10 else otherwise


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
