"""Who a story is about when it says no more than a name and a country."""

from __future__ import annotations

from typing import Any

#: Language, zone, currency and a mobile with three digits missing, by country.
_LANDS = {
    "NL": ("nl", "Europe/Amsterdam", "EUR", "+31600000"),
    "BE": ("nl", "Europe/Brussels", "EUR", "+32470000"),
    "DE": ("de", "Europe/Berlin", "EUR", "+491510000"),
    "GB": ("en", "Europe/London", "GBP", "+447700900"),
    "US": ("en", "America/New_York", "USD", "+121255501"),
}


def somebody(name: str, country: str) -> dict[str, Any]:
    """`customer.updated` of an adult there, with a mobile and a mail address."""
    language, zone, _, mobile = _land(country)
    number = sum(name.encode()) % 1000
    return {
        "customer_id": name,
        "name": {"given": name.capitalize(), "family": "Jansen"},
        "birth_date": "1990-04-01",
        "language": language,
        "country": country,
        "timezone": zone,
        "contact": {
            "mobile": f"{mobile}{number:03d}"[: 12 if country in {"NL", "US"} else 15],
            "email": f"{name}@example.org",
        },
        "customer_since": "2020-01-01",
    }


def currency_of(country: str) -> str:
    """What they are billed in."""
    return _land(country)[2]


def _land(country: str) -> tuple[str, str, str, str]:
    return _LANDS.get(country, ("en", "Europe/Amsterdam", "EUR", "+31600000"))
