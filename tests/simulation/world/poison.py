"""Records that must become dead letters."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from tests.simulation.world.wire import Fact, told


def broken(rng: random.Random, who: str, at: dt.datetime) -> Fact:
    """A record that is wrong in one of a dozen ways."""
    data = {
        "payment_id": f"p-{who}",
        "customer_id": who,
        "amount": {"minor": 100, "currency": "EUR"},
        "received_at": at.isoformat(),
        "method": "link",
    }
    good = told("payments", "payment.received.v1", data, f"e-{who}", at)
    text = good.value.decode()
    values = [
        b"\xff\xfe not json",
        b"{",
        b"[]",
        b"",
        b'{"payment_id": ' + b"[" * 3000 + b"]" * 3000 + b"}",
        text.replace("100", "-100").encode(),
        text.replace("100", '"100"').encode(),
        text.replace("100", "100.5").encode(),
        text.replace("EUR", "ZZZ").encode(),
        text.replace("payment_id", "paymentid").encode(),
        text.replace("received_at", "at").encode(),
    ]
    headers = dict(good.headers)
    choice = rng.randrange(len(values) + 4)
    if choice < len(values):
        return replace(good, value=values[choice])
    if choice == len(values):
        return replace(good, headers=())
    if choice == len(values) + 1:
        return good.keyed("somebody-else")
    name, wrong = ("ce_type", b"payment.imagined.v1") if choice % 2 else ("ce_time", b"yesterday")
    return replace(good, headers=tuple((headers | {name: wrong}).items()))
