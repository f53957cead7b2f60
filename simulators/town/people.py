"""The people of the town: each follows from the seed and a number, so nobody is stored."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from simulators.town.events import instant
from simulators.town.lands import LANDS, SHARES, Land, iban

Habit = Literal["early", "late", "part", "never"]
#: How people pay once something went wrong.
HABITS: tuple[tuple[Habit, float], ...] = (
    ("early", 0.45),
    ("late", 0.30),
    ("part", 0.08),
    ("never", 0.17),
)
_GROUPS = (("private", 0.8), ("student", 0.08), ("senior", 0.08), ("social_tariff", 0.04))
_CHANNELS = (
    (["sms", "email"], 0.40),
    (["email", "sms"], 0.30),
    (["push", "sms", "email"], 0.25),
    (["email"], 0.05),
)
_FLAGS = (
    (None, 0.955),
    ("dispute", 0.015),
    ("vulnerable", 0.01),
    ("complaint", 0.008),
    ("moratorium", 0.004),
    ("insolvency", 0.003),
    ("represented", 0.002),
    ("cease_contact", 0.002),
    ("deceased", 0.001),
)


#: The first customer came on this day, the last before the spring of 2026.
_FIRST = datetime(2013, 1, 1, tzinfo=UTC)


def pick(rng: random.Random, options: Any) -> Any:
    """One of the (value, weight) options."""
    values, weights = zip(*options, strict=True)
    return rng.choices(values, weights)[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who lives in the town."""

    customer_id: str
    land: Land
    habit: Habit
    given: str
    family: str
    birth_date: str
    email: str
    mobile: str
    iban: str
    address: dict[str, str]
    seed: str

    @property
    def name(self) -> dict[str, str]:
        """As the contract writes it."""
        return {"given": self.given, "family": self.family}

    def customer(self) -> dict[str, Any]:
        """The data of the person's `customer.updated.v1`."""
        rng = random.Random(f"{self.seed}/customer")
        contact: dict[str, Any] = {"email": self.email, "address": self.address}
        channels = list(pick(rng, _CHANNELS))
        if "sms" in channels:
            contact["mobile"] = self.mobile
        if "push" in channels:
            contact["push_token"] = f"token-{self.customer_id}"
        preferences: dict[str, Any] = {"channels": channels}
        if rng.random() < 0.06:
            preferences["quiet_hours"] = {"from": "19:30", "to": "09:30"}
        data: dict[str, Any] = {
            "customer_id": self.customer_id,
            "name": self.name,
            "birth_date": self.birth_date,
            "language": rng.choice(self.land.languages),
            "country": self.land.country,
            "timezone": self.land.timezone,
            "contact": contact,
            "preferences": preferences,
            "person_group": pick(rng, _GROUPS),
            "region": rng.choice(self.land.regions),
            "customer_since": (_FIRST + timedelta(days=rng.randint(0, 4_700))).date().isoformat(),
        }
        if rng.random() < 0.04:
            data["consents"] = [
                {
                    "channel": channels[0],
                    "purpose": "collection",
                    "granted": False,
                    "at": instant(_FIRST + timedelta(days=rng.randint(4_700, 4_850))),
                }
            ]
        flag = pick(rng, _FLAGS)
        if flag is not None:
            data["flags"] = [flag]
        return data


@lru_cache(maxsize=10_000)
def person(seed: int, number: int) -> Person:
    """The person of that number: the same every time."""
    own = f"{seed}/{number}"
    rng = random.Random(own)
    land = rng.choices(LANDS, SHARES)[0]
    given, family = rng.choice(land.given), rng.choice(land.family)
    born = datetime(1945, 1, 1, tzinfo=UTC) + timedelta(days=rng.randint(0, 22_000))
    local = _ascii(f"{given}.{family}").lower()
    return Person(
        customer_id=f"T{seed}-{number:06d}",
        land=land,
        habit=pick(rng, HABITS),
        given=given,
        family=family,
        birth_date=born.date().isoformat(),
        email=f"{local}.{number}@{rng.choice(('example.org', 'example.net'))}",
        mobile=land.mobile(rng),
        iban=iban(land.country, land.account(rng)),
        address={
            "street": rng.choice(land.streets),
            "number": str(rng.randint(1, 180)),
            "postal_code": land.postal_code(rng),
            "city": rng.choice(land.cities),
            "country": land.country,
        },
        seed=own,
    )


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain if letter.isalnum() or letter == ".")
