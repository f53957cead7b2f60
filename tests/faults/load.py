"""The load of a fault run: stories and poison, spread over its time, all from one seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime

from tests.faults import events
from tests.faults.events import Outgoing
from tests.faults.stories import SHUFFLED, Teller, zones

#: Of all records; the worker's budget for dead letters lies far above.
POISON_SHARE = 0.02
#: How often a story is told in another order that may be.
SHUFFLE_SHARE = 0.2
#: Stories begin within this share of the time, so that their last events still fit in.
LAST_START = 0.9


def plan(
    seed: int,
    wanted: int,
    seconds: float,
    *,
    weights: Mapping[str, int] | None = None,
    in_any_order: AbstractSet[str] | None = None,
) -> list[tuple[float, Outgoing]]:
    """About `wanted` records with the second at which each is published, in that order.

    `weights` names the stories to tell, and how often, in the place of the usual mixture; those of
    `in_any_order` are told in any order each time (without it: some of them, a fifth of the times).
    """
    rng = random.Random(seed)
    moment = datetime.now(UTC)
    run = f"r{seed:x}{int(moment.timestamp()):x}"
    asleep = zones(moment, 21.75, 24) + zones(moment, 0, 6)
    teller = Teller(
        rng,
        run,
        zones(moment, 8.75, 19),
        asleep,
        weights=weights or {},
        shuffled=SHUFFLED if in_any_order is None else in_any_order,
        shuffle_share=SHUFFLE_SHARE if in_any_order is None else 1.0,
    )
    planned: list[tuple[float, Outgoing]] = []
    while len(planned) < wanted:
        at = rng.uniform(0, seconds * LAST_START)
        for outgoing in teller.tell():
            at += outgoing.after_ms / 1000
            planned.append((at, outgoing))
        if rng.random() < POISON_SHARE * 3:  # a story has about three events
            planned.append((at, poison(rng, f"{run}-x{teller.told}")))
    return sorted(planned, key=lambda one: one[0])


def poison(rng: random.Random, who: str) -> Outgoing:
    """A record that must become a dead letter, of one of a dozen kinds."""
    good = events.event(
        "payments",
        "payment.received.v1",
        events.payment(who, f"{who}-p", 100),
        ce_id=f"{who}-poison",
    )
    text = good.value.decode()
    deep = f'{{"payment_id": {"[" * 5000}{"]" * 5000}}}'
    values = [
        b"\xff\xfe not json",
        b"{",
        b"[]",
        b"",
        deep.encode(),
        text.replace('"minor": 100', '"minor": -100').encode(),
        text.replace('"minor": 100', '"minor": "100"').encode(),
        text.replace('"minor": 100', '"minor": 100.5').encode(),
        text.replace("EUR", "ZZZ").encode(),
        text.replace("payment_id", "paymentid").encode(),
        text.replace("received_at", "at").encode(),
        text.replace('"method"', f'"padding": "{"x" * 300_000}", "method"').encode(),
    ]
    choice = rng.randrange(len(values) + 4)
    if choice < len(values):
        return replace(good, value=values[choice], label="poison")
    headers = dict(good.headers)
    if choice == len(values):
        return replace(good, headers=(), label="poison")
    if choice == len(values) + 1:
        headers["ce_type"] = b"payment.imagined.v1"
    elif choice == len(values) + 2:
        headers["ce_time"] = b"yesterday"
    else:
        return replace(good, key="somebody-else", label="poison")
    return replace(good, headers=tuple(headers.items()), label="poison")
