"""Where a customer may be: every zone that something we know of them makes plausible."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import timezone as phone_zones

from domain.compliance.book import Book
from domain.compliance.policy import ContactRules
from domain.events.base import is_zone
from domain.events.customers import CustomerUpdated

#: A number that may be anywhere in a continent (free of charge, satellite) tells no place.
_ZONES_OF_A_PLACE_MAX = 6
#: Kept for fiction, and so for tests: nobody lives there.
_FICTION = "55501"
_NORTH_AMERICA = 1


def plausible_zones(rules: ContactRules, book: Book, facts: CustomerUpdated) -> tuple[str, ...]:
    """The customer's own zone first, then those of their address and number, if rows say so."""
    if not book.zones:
        return (facts.timezone,)
    sources = {source: rule.abroad for rule in book.zones for source in rule.sources}
    found = {facts.timezone: None}
    if "address" in sources:
        found |= dict.fromkeys(_of_address(rules, facts, abroad=sources["address"]))
    if "phone" in sources and facts.contact.mobile:
        country = "" if sources["phone"] else facts.country
        found |= dict.fromkeys(zones_of_number(facts.contact.mobile, country))
    return tuple(found)


def zone_rule(book: Book) -> str:
    """The id of the row that asks for further zones."""
    return book.zones[0].id if book.zones else "window"


def region_of(facts: CustomerUpdated) -> str:
    """ISO 3166-2 without the country: of the profile, else of the address; empty if unknown."""
    address: Any = facts.contact.address
    said = facts.region
    if not said and isinstance(address, dict):
        said = address.get("state") or address.get("region")
    code = str(said or "").upper()
    return code.removeprefix(f"{facts.country}-")


def _of_address(rules: ContactRules, facts: CustomerUpdated, *, abroad: bool) -> tuple[str, ...]:
    address: Any = facts.contact.address
    if not isinstance(address, dict):
        return ()
    country = str(address.get("country") or facts.country).upper()
    if country != facts.country and not abroad:
        return ()
    region = str(address.get("state") or address.get("region") or "").upper()
    region = region.removeprefix(f"{country}-")
    return rules.zones.get(f"{country}-{region}") or rules.zones.get(country, ())


@lru_cache(maxsize=65_536)
def zones_of_number(number: str, country: str = "") -> tuple[str, ...]:
    """The zones of a number's area, sorted; empty if it tells no place.

    `country`: only of a number of that country. A number in E.164.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    if country and country not in regions:
        return ()
    if parsed.country_code == _NORTH_AMERICA and str(parsed.national_number)[3:8] == _FICTION:
        return ()
    zones = sorted(phone_zones.time_zones_for_geographical_number(parsed))
    known = [zone for zone in zones if is_zone(zone)]
    return tuple(known) if len(known) <= _ZONES_OF_A_PLACE_MAX else ()
