# ruff: noqa: SIM905 - a line of names reads better than thirty quoted words
"""The lands people live in: names, places, and numbers that belong to nobody.

Phones: the ranges that Ofcom (+44 7700 900xxx) and the Bundesnetzagentur (0171 39200xx) keep for
fiction; the Netherlands keep none, so 06-60, which is not given out to mobiles (unverified). IBANs
have right check digits at banks that don't exist. Mail goes to domains of RFC 2606. Postal codes
look right and are not in use (DE 00xxx, GB ZZ) or name no house (NL).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


def iban(country: str, account: str) -> str:
    """`account` (the part after the check digits) with its check digits: ISO 13616, mod 97."""
    digits = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


@dataclass(frozen=True, slots=True)
class Land:
    """What a person of a land has; the functions draw from the person's own randomness."""

    country: str
    timezone: str
    languages: tuple[str, ...]
    currency: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    regions: tuple[str, ...]
    postal_code: Callable[[random.Random], str]
    mobile: Callable[[random.Random], str]
    account: Callable[[random.Random], str]


NL = Land(
    country="NL",
    timezone="Europe/Amsterdam",
    languages=("nl", "nl-NL", "nl", "en"),
    currency="EUR",
    given=tuple("Anna Bram Daan Eva Fleur Finn Iris Jesse Lotte Milan Noor Sem Tess Thijs".split()),
    family=(
        *"Bakker Bos Dekker Jansen Kok Meijer Mulder Peters Smit Visser Vos".split(),
        "de Vries",
        "van den Berg",
        "van Dijk",
    ),
    streets=("Lindelaan", "Molenweg", "Dorpsstraat", "Kerkpad", "Havenkade", "Esdoornhof"),
    cities=("Waterdorp", "Nieuwveen aan Zee", "Oostermeer", "Lindenstad"),
    regions=("noord", "oost", "zuid", "west"),
    postal_code=lambda rng: f"{rng.randint(1000, 9999)} {''.join(rng.choices('BCDGHK', k=2))}",
    mobile=lambda rng: f"+31660{_digits(rng, 6)}",
    account=lambda rng: f"DUNN0{_digits(rng, 9)}",
)
DE = Land(
    country="DE",
    timezone="Europe/Berlin",
    languages=("de", "de-DE", "de", "de", "en"),
    currency="EUR",
    given=tuple("Ben Clara Elias Emma Felix Greta Hannah Jonas Lena Lukas Mia Paul Sophie".split()),
    family=tuple(
        "Becker Fischer Hoffmann Klein Koch Krüger Meyer Müller Richter Schäfer Weber".split()
    ),
    streets=("Lindenallee", "Mühlweg", "Hauptstraße", "Am Anger", "Bahnhofstraße", "Gartenweg"),
    cities=("Neustetten", "Bad Wiesau", "Altlinden", "Oberfeld"),
    regions=("nord", "ost", "süd", "west"),
    postal_code=lambda rng: f"00{_digits(rng, 3)}",
    mobile=lambda rng: f"+4917139200{_digits(rng, 2)}",
    account=lambda rng: f"00000000{_digits(rng, 10)}",
)
GB = Land(
    country="GB",
    timezone="Europe/London",
    languages=("en", "en-GB", "en"),
    currency="GBP",
    given=tuple("Alice Amelia Arthur Freya George Harry Isla Jack Lily Noah Oliver Poppy".split()),
    family=tuple("Baker Brown Clarke Evans Green Hughes Jones O'Neill Smith Taylor Wood".split()),
    streets=("Mill Lane", "Church Road", "Station Road", "The Green", "Orchard Way"),
    cities=("Ashcombe", "Little Marden", "Northwick", "Stowe Bridge"),
    regions=("north", "midlands", "south", "wales"),
    postal_code=lambda rng: f"ZZ{rng.randint(1, 9)} {rng.randint(1, 9)}ZZ",
    mobile=lambda rng: f"+447700900{_digits(rng, 3)}",
    account=lambda rng: f"DUNN000000{_digits(rng, 8)}",
)
LANDS = (NL, DE, GB)
SHARES = (0.55, 0.35, 0.10)
