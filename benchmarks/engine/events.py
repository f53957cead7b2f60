"""The events of the reference job, by seed, and what must come of them."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.engine.job import APPLICATIONS, PAYMENTS, fold, new_row

CUSTOMERS = 100_000
ZIPF = 1.1
APPLICATIONS_SHARE = 0.2
EVENT_BYTES = 200
ROW_BYTES = 400
_ROW_FRAME_BYTES = len(new_row(""))


@dataclass(frozen=True, slots=True)
class Event:
    """One record to produce."""

    topic: str
    key: bytes
    value: bytes


@dataclass(slots=True)
class Expected:
    """What a system must end with: rows by customer, outputs by the number of their event."""

    rows: dict[str, bytes] = field(default_factory=dict)
    outputs: dict[int, bytes] = field(default_factory=dict)


def customer(number: int) -> str:
    """The customer's id and key."""
    return f"c{number:07d}"


def zipf_customers(count: int, seed: int, customers: int = CUSTOMERS) -> list[int]:
    """`count` customers, the k-th most frequent one with weight k to the power of -1.1."""
    weights = itertools.accumulate(1 / (rank + 1) ** ZIPF for rank in range(customers))
    return random.Random(seed).choices(range(customers), cum_weights=list(weights), k=count)


def uniform_customers(count: int, seed: int, customers: int) -> list[int]:
    """`count` customers, each as likely as any other."""
    return random.Random(seed).choices(range(customers), k=count)


def events(
    customers: Iterable[int],
    seed: int,
    *,
    first: int = 0,
    applications_share: float = APPLICATIONS_SHARE,
) -> list[Event]:
    """An event for each of these customers, numbered from `first`."""
    rng = random.Random(seed + 1)
    return [
        _event(number, customer(who), rng.random() < applications_share, rng.randint(100, 99_999))
        for number, who in enumerate(customers, first)
    ]


def zipf_events(count: int, seed: int) -> list[Event]:
    """The reference load: 80 % payments, 20 % applications."""
    return events(zipf_customers(count, seed), seed)


def _event(number: int, who: str, asks: bool, amount: int) -> Event:  # noqa: FBT001 - made here only
    topic, kind = (
        (APPLICATIONS, "application.submitted.v1") if asks else (PAYMENTS, "payment.received.v1")
    )
    head = (
        f'{{"specversion":"1.0","id":"e{number:09d}","source":"bench","type":"{kind}",'
        f'"data":{{"customer":"{who}","n":{number},"amount":{amount},"pad":"'
    )
    body = head + "x" * (EVENT_BYTES - len(head) - 3) + '"}}'
    return Event(topic, who.encode(), body.encode())


def seeded_row(number: int) -> bytes:
    """The 400-byte row of a customer as the seeded changelogs have it: no two are the same."""
    note = hashlib.shake_128(b"%d" % number).hexdigest((ROW_BYTES - _ROW_FRAME_BYTES + 1) // 2)
    return new_row(note[: ROW_BYTES - _ROW_FRAME_BYTES])


def output_number(output: bytes) -> int:
    """The number of the event that an output answers: its first field."""
    return int(output[len(b'{"n":') : output.index(b",")])


def expected(load: Iterable[Event], start: Mapping[str, bytes] | None = None) -> Expected:
    """The reference fold, over the rows of `start`."""
    found = Expected(dict(start or {}))
    rows = found.rows
    for event in load:
        who = event.key.decode()
        rows[who], output = fold(rows.get(who), event.value)
        if output is not None:
            found.outputs[output_number(output)] = output
    return found
