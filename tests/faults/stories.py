"""What happens to the people of a fault run: each story is one customer's or applicant's events."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.faults import events
from tests.faults.events import Outgoing

_ZONES = (
    "Europe/Amsterdam",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Pacific/Honolulu",
    "Pacific/Auckland",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Dubai",
)
#: What the bureaus are told to say of applicants with these family names.
ANSWERS: dict[str, dict[str, object]] = {
    "Goodrun": {"score": 700},
    "Middlerun": {"score": 300},
    "Lowrun": {"score": 100},
    "Fraudrun": {"score": 600, "fraud": True},
}
LANGUAGES = ("en", "nl", "de-AT", "fr")
CHANNELS = (["sms", "push", "email"], ["push", "sms"], ["email", "sms"])


def zones(moment: datetime, first: float, last: float) -> list[str]:
    """Zones whose local time of day lies between the two hours."""
    found = []
    for name in _ZONES:
        local = moment.astimezone(ZoneInfo(name))
        if first <= local.hour + local.minute / 60 < last:
            found.append(name)
    return found


@dataclass(slots=True)
class Teller:
    """Tells stories from one seed. `run` goes into every id, so that runs never meet."""

    rng: random.Random
    run: str
    open_zones: list[str]
    closed_zones: list[str]
    #: Story -> how often, when it is not the usual mixture.
    weights: Mapping[str, int] = field(default_factory=dict)
    shuffled: AbstractSet[str] = frozenset()
    shuffle_share: float = 0.0
    told: int = 0

    def tell(self) -> list[Outgoing]:
        """The events of the next story, in the order they are to be published."""
        self.told += 1
        who = f"{self.run}-{self.told}"
        usual = {kind: weight for kind, (weight, _) in STORIES.items()}
        weights = self.weights or usual
        kind = self.rng.choices(list(weights), list(weights.values()))[0]
        _, story = STORIES[kind]
        told = [replace(one, label=kind) for one in story(self, who)]
        if kind in self.shuffled and self.rng.random() < self.shuffle_share:
            self.rng.shuffle(told)
        if self.rng.random() < 0.1:
            again = self.rng.choice(told)
            told.append(replace(again, after_ms=self.rng.randint(0, 3000)))
        return told

    # -- the parts of a story --------------------------------------------------------------

    def person(self, who: str, **more: object) -> Outgoing:
        language = self.rng.choice(LANGUAGES)
        preferences = {"channels": self.rng.choice(CHANNELS)}
        zone = str(more.pop("timezone", self.rng.choice(self.open_zones)))
        data = events.customer(who, zone, language, **{"preferences": preferences, **more})
        return events.event(
            "customers",
            "customer.updated.v1",
            data,
            ce_id=f"{who}-c",
            structured=self.rng.random() < 0.1,
        )

    def bill(
        self, who: str, minor: int, due: int, method: str = "direct_debit", n: int = 1
    ) -> Outgoing:
        data = events.invoice(who, f"{who}-i{n}", minor, due, method)
        return events.event(
            "invoices", "invoice.issued.v1", data, ce_id=f"{who}-iss{n}", after_ms=self.pause()
        )

    def failure(
        self, who: str, minor: int, code: str = "AM04", n: int = 1, attempt: int = 1
    ) -> Outgoing:
        data = events.failed_debit(who, f"{who}-i{n}", minor, code, attempt)
        return events.event(
            "failed-direct-debits",
            "direct-debit.failed.v1",
            data,
            ce_id=f"{who}-f{n}-{attempt}",
            after_ms=self.pause(),
        )

    def pay(
        self,
        who: str,
        minor: int,
        method: str = "link",
        *,
        after_ms: int,
        n: int = 1,
        again: int = 1,
        **more: object,
    ) -> Outgoing:
        data = events.payment(who, f"{who}-p{n}", minor, method, **more)
        return events.event(
            "payments",
            "payment.received.v1",
            data,
            ce_id=f"{who}-pay{n}-{again}",
            after_ms=after_ms,
        )

    def pause(self) -> int:
        return self.rng.randint(0, 200)

    def amount(self) -> int:
        return self.rng.randint(500, 20000)


Story = Callable[[Teller, str], list[Outgoing]]


def pays_on_time(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    return [
        tell.person(who),
        tell.bill(who, minor, 5),
        tell.pay(who, minor, "direct_debit", after_ms=500),
    ]


def debt_stands(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    code = tell.rng.choice(["AM04", "AM04", "AM04", "MS02", "AC04", "MD01"])
    return [tell.person(who), tell.bill(who, minor, -6), tell.failure(who, minor, code)]


def races(tell: Teller, who: str) -> list[Outgoing]:
    """The payment comes about when the reminder is decided."""
    minor = tell.amount()
    return [
        tell.person(who),
        tell.bill(who, minor, -6),
        tell.failure(who, minor),
        tell.pay(who, minor, after_ms=tell.rng.randint(0, 400)),
    ]


def pays_after_reminder(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    method = tell.rng.choice(["link", "card", "transfer"])
    return [
        tell.person(who),
        tell.bill(who, minor, -9),
        tell.failure(who, minor),
        tell.pay(who, minor, method, after_ms=tell.rng.randint(2000, 20000)),
    ]


def overdue_link(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    told = [tell.person(who), tell.bill(who, minor, -4, "link")]
    if tell.rng.random() < 0.5:
        told.append(tell.pay(who, minor // 2, "card", after_ms=tell.rng.randint(0, 5000)))
    return told


def our_fault(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    code = tell.rng.choice(["AG02", "FF01", "BE05"])
    return [tell.person(who), tell.bill(who, minor, -6), tell.failure(who, minor, code)]


def two_failures(tell: Teller, who: str) -> list[Outgoing]:
    """Two invoices fail; a payment without allocations covers the older and some of the other."""
    told = [
        tell.person(who),
        tell.bill(who, 3000, -30),
        tell.bill(who, 5000, -6, n=2),
        tell.failure(who, 3000),
        tell.failure(who, 5000, n=2),
        tell.failure(who, 5000, n=2, attempt=2),
    ]
    if tell.rng.random() < 0.5:
        told.append(tell.pay(who, 4000, "card", after_ms=tell.rng.randint(0, 6000)))
    return told


def provisional(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    first = tell.pay(who, minor, "transfer", after_ms=tell.rng.randint(0, 300), provisional=True)
    told = [tell.person(who), tell.bill(who, minor, -6), first, tell.failure(who, minor)]
    if tell.rng.random() < 0.7:
        told.append(_settled(first, f"{who}-settled"))
    return told


def _settled(first: Outgoing, ce_id: str) -> Outgoing:
    value = first.value.replace(b'"provisional": true', b'"provisional": false')
    return replace(first, value=value, headers=_renamed(first, ce_id), after_ms=3000)


def _renamed(outgoing: Outgoing, ce_id: str) -> tuple[tuple[str, bytes], ...]:
    """Its headers with another identity."""
    return tuple(
        (name, ce_id.encode() if name == "ce_id" else value) for name, value in outgoing.headers
    )


def reversal(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    data = {
        "payment_id": f"{who}-p1",
        "customer_id": who,
        "amount": events.money(minor),
        "reversed_at": events.rfc3339(events.now()),
        "reason_code": "MD06",
    }
    back = events.event("payments", "payment.reversed.v1", data, ce_id=f"{who}-rev", after_ms=900)
    pay = tell.pay(who, minor, after_ms=600)
    told = [tell.person(who), tell.bill(who, minor, -6), tell.failure(who, minor)]
    return [*told, back, pay] if tell.rng.random() < 0.4 else [*told, pay, back]


def held_by_a_flag(tell: Teller, who: str) -> list[Outgoing]:
    minor = tell.amount()
    flag = tell.rng.choice(["dispute", "moratorium", "insolvency"])
    return [
        tell.person(who, flags=[flag]),
        tell.bill(who, minor, -6),
        tell.failure(who, minor),
    ]


def opted_out(tell: Teller, who: str) -> list[Outgoing]:
    """SMS is closed before anything fails: another channel has to take over."""
    minor = tell.amount()
    data = {"customer_id": who, "channel": "sms", "at": events.rfc3339(events.now())}
    out = events.event("interactions", "contact.opted-out.v1", data, ce_id=f"{who}-out")
    told = [tell.person(who), out, tell.bill(who, minor, -6), tell.failure(who, minor)]
    return [*told[:3], replace(told[3], after_ms=2000)]


def asleep(tell: Teller, who: str) -> list[Outgoing]:
    """The window is closed: the reminder waits as the customer's next step."""
    minor = tell.amount()
    zone = tell.rng.choice(tell.closed_zones)
    return [
        tell.person(who, timezone=zone),
        tell.bill(who, minor, -6),
        tell.failure(who, minor),
    ]


def contradicts(tell: Teller, who: str) -> list[Outgoing]:
    """The same invoice again: with the same content nothing happens, with another it is refused."""
    bill = tell.bill(who, 4200, 5)
    again = replace(bill, headers=_renamed(bill, f"{who}-iss-again"))
    other = replace(
        bill,
        value=bill.value.replace(b"4200", b"9900"),
        headers=_renamed(bill, f"{who}-iss-other"),
        after_ms=300,
    )
    return [tell.person(who), bill, again, other]


def stranger(tell: Teller, who: str) -> list[Outgoing]:
    """Nobody has told us who this is: the payment waits for the customer."""
    return [tell.pay(who, tell.amount(), after_ms=0)]


def applies(tell: Teller, who: str) -> list[Outgoing]:
    """An application without a customer id; one in five lacks what its kind needs."""
    family = tell.rng.choice([*ANSWERS, "Anybody"])
    applicant: dict[str, object] = {
        "name": {"given": "Kim", "family": family},
        "birth_date": f"19{tell.rng.randint(50, 99)}-03-01",
        "email": f"{who}@applicants.example",
        "address": {
            "street": "Dorpsstraat",
            "number": str(tell.told),
            "postal_code": "1234 AB",
            "city": "Utrecht",
            "country": "NL",
        },
    }
    if tell.rng.random() < 0.2:
        del applicant["address"]
    data = {
        "application_id": f"{who}-a",
        "applicant": applicant,
        "channel": "web",
        "product": {"code": "SIM10", "kind": "sim_only", "monthly": events.money(1000)},
        "submitted_at": events.rfc3339(events.now()),
    }
    kind = "application.submitted.v1"
    told = [events.event("applications", kind, data, ce_id=f"{who}-app", key=f"{who}-a")]
    if tell.rng.random() < 0.1:  # the same content once more, under another identity
        told.append(events.event("applications", kind, data, ce_id=f"{who}-app2", key=f"{who}-a"))
    return told


#: name -> (weight, story)
STORIES: dict[str, tuple[int, Story]] = {
    "pays on time": (20, pays_on_time),
    "debt stands": (15, debt_stands),
    "races": (15, races),
    "pays after the reminder": (10, pays_after_reminder),
    "overdue link": (8, overdue_link),
    "our fault": (4, our_fault),
    "two failures": (6, two_failures),
    "provisional": (4, provisional),
    "reversal": (4, reversal),
    "flag": (3, held_by_a_flag),
    "opted out": (3, opted_out),
    "asleep": (3, asleep),
    "contradicts": (2, contradicts),
    "stranger": (1, stranger),
    "applies": (12, applies),
}
#: Whose events may come in any order and must still end the same.
SHUFFLED = frozenset({"pays on time", "debt stands", "pays after the reminder", "two failures"})
