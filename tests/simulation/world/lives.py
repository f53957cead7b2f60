"""The lives of customers and applicants, told as events of the contract. Imports no product code.

Events of one moment come in any order across topics, some twice, some under another identity,
some broken.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from tests.simulation.world.poison import broken
from tests.simulation.world.teller import DAYS, Act, Teller
from tests.simulation.world.wire import Told

Life = Callable[[Teller, str], list[Told]]
ALL = ("sms", "push", "email")
OURS = ("AG02", "FF01", "BE05")


def debt(tell: Teller, who: str) -> list[Told]:
    """A debit fails; perhaps it is paid, at once or after a reminder or two."""
    minor, hour = tell.amount(), tell.hour(0, 6 * DAYS)
    bill, issued = tell.bill(who, minor, -6)
    lived = [tell.person(who), issued, tell.failure(who, bill, minor, hour)]
    ways = (0.0, 0.01, 0.02, tell.hour(0.1, 3), tell.hour(3, 16 * DAYS))
    paid = tell.rng.choice((None, *ways))
    if paid is not None:
        lived.append(tell.pay(who, tell.rng.choice((minor, minor, minor // 2)), hour + paid))
    return lived


def on_time(tell: Teller, who: str) -> list[Told]:
    minor = tell.amount()
    _, issued = tell.bill(who, minor, 5)
    paid = tell.pay(who, minor, tell.hour(0, 4 * DAYS), method="direct_debit")
    return [tell.person(who), issued, paid]


def overdue_link(tell: Teller, who: str) -> list[Told]:
    minor = tell.amount()
    _, issued = tell.bill(who, minor, -4, tell.hour(0, DAYS), "link")
    lived = [tell.person(who), issued]
    if tell.rng.random() < 0.6:
        lived.append(tell.pay(who, minor, tell.hour(0, 12 * DAYS)))
    return lived


def two_failures(tell: Teller, who: str) -> list[Told]:
    hour = tell.hour(0, DAYS)
    old, first = tell.bill(who, 3000, -30)
    new, second = tell.bill(who, 5000, -6)
    lived = [
        tell.person(who),
        first,
        second,
        tell.failure(who, old, 3000, hour),
        tell.failure(who, new, 5000, hour + 0.2),
        tell.failure(who, new, 5000, hour + 5, attempt=2),
    ]
    if tell.rng.random() < 0.5:
        lived.append(tell.pay(who, 4000, hour + tell.hour(0, 10 * DAYS)))
    return lived


def our_fault(tell: Teller, who: str) -> list[Told]:
    minor = tell.amount()
    bill, issued = tell.bill(who, minor, -6)
    code = tell.rng.choice(OURS)
    return [tell.person(who), issued, tell.failure(who, bill, minor, tell.hour(0, DAYS), code)]


def provisional(tell: Teller, who: str) -> list[Told]:
    minor, hour, name = tell.amount(), tell.hour(0, 2 * DAYS), tell.name("p")
    bill, issued = tell.bill(who, minor, -6)
    received = tell.at(hour).isoformat()
    same = {"received_at": received, "method": "transfer"}
    lived = [tell.person(who), issued, tell.failure(who, bill, minor, hour)]
    lived.append(tell.pay(who, minor, hour, name, provisional=True, **same))
    if tell.rng.random() < 0.6:
        later = hour + tell.hour(0.1, 3 * DAYS)
        lived.append(tell.pay(who, minor, later, name, provisional=False, **same))
    return lived


def reversal(tell: Teller, who: str) -> list[Told]:
    minor, hour, name = tell.amount(), tell.hour(0, 2 * DAYS), tell.name("p")
    bill, issued = tell.bill(who, minor, -6)
    back = {
        "payment_id": name,
        "customer_id": who,
        "amount": {"minor": minor, "currency": "EUR"},
        "reversed_at": tell.at(hour + 1).isoformat(),
        "reason_code": "MD06",
    }
    lived = [tell.person(who), issued, tell.failure(who, bill, minor, hour)]
    lived.append(tell.pay(who, minor, hour + 0.5, name))
    taken = hour + tell.rng.choice((0.2, 1, 40))  # also before the payment it takes back
    lived.append(tell.tell(taken, "payments", "payment.reversed.v1", back))
    return lived


def held(tell: Teller, who: str) -> list[Told]:
    """A flag holds reminders, and may be lifted later."""
    minor, hour = tell.amount(), tell.hour(0, DAYS)
    bill, issued = tell.bill(who, minor, -6)
    flag = tell.rng.choice(("dispute", "moratorium", "insolvency", "deceased", "represented"))
    lived = [tell.person(who, flags=[flag]), issued, tell.failure(who, bill, minor, hour)]
    if tell.rng.random() < 0.4:
        lived.append(tell.person(who, hour + 2 * DAYS))
    return lived


def opts_out(tell: Teller, who: str) -> list[Told]:
    minor, hour = tell.amount(), tell.hour(0, DAYS)
    bill, issued = tell.bill(who, minor, -6)
    channel = tell.rng.choice(ALL)
    data = {"customer_id": who, "channel": channel, "at": tell.at(hour).isoformat()}
    left = tell.tell(hour, "interactions", "contact.opted-out.v1", data)
    failed = tell.failure(who, bill, minor, hour + tell.rng.choice((-0.01, 0.01, 1)))
    return [tell.person(who, preferences={"channels": list(ALL)}), issued, left, failed]


def changes_mind(tell: Teller, who: str) -> list[Told]:
    """Consents and preferences change between the steps."""
    lived = debt(tell, who)
    at = tell.hour(0, 8 * DAYS)
    refused = {"channel": "sms", "purpose": "collection", "granted": False}
    consents = [refused | {"at": tell.at(at).isoformat()}]
    preferences = {"channels": list(ALL)}
    return [*lived, tell.person(who, at, consents=consents, preferences=preferences)]


def credited(tell: Teller, who: str) -> list[Told]:
    minor, hour = tell.amount(), tell.hour(0, 2 * DAYS)
    bill, issued = tell.bill(who, minor, -6)
    data = {
        "invoice_id": bill,
        "customer_id": who,
        "amount": {"minor": minor, "currency": "EUR"},
        "credited_at": tell.at(hour).isoformat(),
    }
    credit = tell.tell(hour + tell.hour(0, 30), "invoices", "invoice.credited.v1", data)
    return [tell.person(who), issued, tell.failure(who, bill, minor, hour), credit]


def stranger(tell: Teller, who: str) -> list[Told]:
    return [tell.pay(who, tell.amount(), tell.hour(0, 3 * DAYS))]


def applies(tell: Teller, who: str) -> list[Told]:
    """Perhaps incomplete, perhaps amended or withdrawn, perhaps by a customer with a debt."""
    hour, name = tell.hour(0, 10 * DAYS), tell.name("a")
    family = tell.rng.choice(("Goodrun", "Middlerun", "Lowrun", "Fraudrun"))
    applicant: dict[str, object] = {
        "name": {"given": "Kim", "family": family},
        "birth_date": f"19{tell.rng.randrange(50, 99)}-03-01",
        "email": f"{who}@applicants.example",
        "address": {
            "street": "Dorpsstraat",
            "number": str(tell.serial),
            "postal_code": "1234 AB",
            "city": "Utrecht",
            "country": "NL",
        },
    }
    address = applicant["address"]
    incomplete = tell.rng.random() < 0.2
    if incomplete:
        del applicant["address"]
    data: dict[str, object] = {
        "application_id": name,
        "applicant": applicant,
        "channel": "web",
        "product": {"code": "SIM10", "kind": "sim_only"},
        "submitted_at": tell.at(hour).isoformat(),
    }
    lived = [tell.tell(hour, "applications", "application.submitted.v1", data)]
    patch = {"application_id": name, "applicant": {"address": address}}
    if incomplete and tell.rng.random() < 0.6:
        amended = tell.rng.choice((-0.01, 2.0))
        kind = "application.amended.v1"
        lived.append(tell.tell(hour + amended, "applications", kind, patch))
    return [one._replace(fact=one.fact.keyed(name)) for one in lived]


#: (weight, life)
LIVES: tuple[tuple[int, Life], ...] = (
    (30, debt),
    (8, on_time),
    (10, overdue_link),
    (6, two_failures),
    (3, our_fault),
    (6, provisional),
    (6, reversal),
    (4, held),
    (6, opts_out),
    (6, changes_mind),
    (5, credited),
    (2, stranger),
    (16, applies),
)


def lives(rng: random.Random, begins: dt.datetime, events: int) -> list[Act]:
    """About `events` records on a time line of some weeks."""
    tell = Teller(rng, begins)
    happened: list[Told] = []
    weights = [weight for weight, _ in LIVES]
    while len(happened) < events:
        life = rng.choices(LIVES, weights)[0][1]
        happened += life(tell, tell.name("k"))
        if rng.random() < 0.08:
            again = rng.choice(happened)
            happened.append(again._replace(hour=again.hour + rng.choice((0, 0.02, 50))))
        if rng.random() < 0.06:
            happened.append(Told(tell.hour(0, 5 * DAYS), broken(rng, tell.name("x"), begins)))
    return _acts(rng, begins, happened[:events])


def _acts(rng: random.Random, begins: dt.datetime, happened: list[Told]) -> list[Act]:
    """Events are told at a few moments, those of one moment in any order and close together."""
    moments = sorted(rng.uniform(0, 20 * DAYS) for _ in range(rng.randrange(5, 12)))
    moments = [0.0, *moments, 21 * DAYS]
    acts: list[Act] = []
    for since, moment in zip([-1000.0, *moments], moments, strict=False):
        at = begins + dt.timedelta(hours=moment)
        acts.append(Act(at, hops=rng.choice((1, 3, 8)), after_s=rng.uniform(0, 2)))
        facts = [one for one in happened if since < one.hour <= moment]
        rng.shuffle(facts)
        acts += [Act(at, one.fact, rng.choice((0, 0, 0.002, 0.02, 0.2))) for one in facts]
    return acts
