"""The parts of a life, told as events of the contract: who somebody is, a bill, a payment.

Imports no product code. Dates and times in the data are facts of the plan, whatever the world's
clock says.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from tests.simulation.world.wire import Fact, Told, described, told

DAYS = 24.0
ZONES = (
    "Europe/Amsterdam",
    "Europe/Amsterdam",
    "Europe/Berlin",
    "Europe/London",
    "Atlantic/Azores",
    "America/New_York",
    "America/Sao_Paulo",
    "Pacific/Auckland",
    "Asia/Kolkata",
)
CHANNELS = (["sms", "push", "email"], ["email", "sms"], ["push", "sms"], ["email"], ["sms"])
CONTACT = ("AM04", "AM04", "AM04", "MS02", "AC04", "MD01")


@dataclass(frozen=True)
class Act:
    """One thing that happens: a record is published, or (without one) the clock moves to `at`.

    `after_s`: how long the world waits before it, in seconds of its event loop. `hops`: in how many
    steps the clock moves; what falls due between two steps fires late, as after an outage.
    """

    at: dt.datetime
    fact: Fact | None = None
    after_s: float = 0.0
    hops: int = 1


class Teller:
    """Tells lives from one source of randomness. Hours count from the plan's beginning."""

    def __init__(self, rng: random.Random, begins: dt.datetime) -> None:
        self.rng = rng
        self.begins = begins
        self.serial = 0
        self.zones: dict[str, str] = {}

    def name(self, kind: str) -> str:
        """An id that nothing else in the run has."""
        self.serial += 1
        return f"{kind}{self.serial}"

    def at(self, hour: float) -> dt.datetime:
        return (self.begins + dt.timedelta(hours=hour)).replace(microsecond=0)

    def tell(self, hour: float, topic: str, kind: str, data: dict[str, object]) -> Told:
        structured = self.rng.random() < 0.05
        fact = told(topic, kind, data, self.name("e"), self.at(hour), structured=structured)
        return Told(hour, fact)

    # -- the parts of a life ---------------------------------------------------------------

    def person(self, who: str, hour: float = 0, **more: object) -> Told:
        zone = self.zones.setdefault(who, self.rng.choice(ZONES))
        data = described(who, zone, self.rng.choice(("en", "nl", "de-AT", "fr")), **more)
        data.setdefault("preferences", {"channels": self.rng.choice(CHANNELS)})
        if self.rng.random() < 0.1:
            data["preferences"] |= {"quiet_hours": {"from": "18:00", "to": "10:00"}}
        return self.tell(hour, "customers", "customer.updated.v1", data)

    def bill(
        self, who: str, minor: int, due: float, hour: float = 0, method: str = "direct_debit"
    ) -> tuple[str, Told]:
        """An invoice that is due `due` days after the beginning."""
        name = self.name("i")
        day = (self.begins + dt.timedelta(days=due)).date()
        data = {
            "invoice_id": name,
            "customer_id": who,
            "amount": {"minor": minor, "currency": "EUR"},
            "issued_on": (day - dt.timedelta(days=14)).isoformat(),
            "due_on": day.isoformat(),
            "kind": "subscription",
            "payment_method": method,
        }
        return name, self.tell(hour, "invoices", "invoice.issued.v1", data)

    def failure(
        self, who: str, bill: str, minor: int, hour: float, code: str = "", attempt: int = 1
    ) -> Told:
        data = {
            "collection_id": f"c-{bill}",
            "customer_id": who,
            "invoice_id": bill,
            "amount": {"minor": minor, "currency": "EUR"},
            "reason_code": code or self.rng.choice(CONTACT),
            "failed_at": self.at(hour).isoformat(),
            "debtor_country": "NL",
            "attempt": attempt,
        }
        return self.tell(hour, "failed-direct-debits", "direct-debit.failed.v1", data)

    def pay(self, who: str, minor: int, hour: float, name: str = "", **more: object) -> Told:
        data = {
            "payment_id": name or self.name("p"),
            "customer_id": who,
            "amount": {"minor": minor, "currency": "EUR"},
            "received_at": self.at(hour).isoformat(),
            "method": self.rng.choice(("link", "card", "transfer")),
        } | more
        return self.tell(hour, "payments", "payment.received.v1", data)

    def hour(self, first: float, last: float) -> float:
        return self.rng.uniform(first, last)

    def amount(self) -> int:
        return self.rng.randrange(500, 20_000)
