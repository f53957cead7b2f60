"""The wire formats of the simulated bureaus: reading a question, writing an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import orjson

from simulators.bureaus_answers import Person, Said
from simulators.bureaus_scales import SCALES


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was understood."""

    reference: str
    purpose: str
    person: Person


@dataclass(frozen=True, slots=True)
class Wire:
    """How one bureau speaks. `read` raises ValueError, KeyError or TypeError on nonsense."""

    content_type: str
    read: Callable[[bytes], Asked]
    write: Callable[[str, Asked, Said], bytes]


def _own(provider: str, said: Said) -> Decimal | None:
    return None if said.score is None else SCALES[provider].own(said.score)


def _iso(day: str, form: str) -> str:
    return datetime.strptime(day, form).replace(tzinfo=UTC).date().isoformat()


def _without_none(document: dict[str, Any]) -> bytes:
    return orjson.dumps({name: value for name, value in document.items() if value is not None})


def _read_bkr(body: bytes) -> Asked:
    test = orjson.loads(body)["toets"]
    person = test["persoon"]
    return Asked(
        test["referentie"],
        test["doel"],
        Person(
            person["voornaam"],
            person["achternaam"],
            _iso(person["geboortedatum"], "%d-%m-%Y"),
            person.get("postcode") or "",
        ),
    )


def _write_bkr(provider: str, asked: Asked, said: Said) -> bytes:
    score = _own(provider, said)
    return _without_none(
        {
            "referentie": asked.reference,
            "gevonden": said.hit,
            "risico": None if score is None else int(score),
            "fraudesignaal": said.fraud,
            "coderingen": said.codes(provider),
        }
    )


def _read_experian(body: bytes) -> Asked:
    document = orjson.loads(body)
    consumer = document["consumer"]
    address = consumer["address"]
    return Asked(
        document["clientReference"],
        document["purposeCode"].lower(),
        Person(
            consumer["forename"],
            consumer["surname"],
            consumer["dateOfBirth"],
            address.get("postcode") or "",
        ),
    )


def _write_experian(provider: str, asked: Asked, said: Said) -> bytes:
    score = _own(provider, said)
    assessment = {
        "matchStatus": "MATCHED" if said.hit else "NOT_FOUND",
        "score": None if score is None else {"value": int(score)},
        "alerts": ["FRAUD"] if said.fraud else [],
        "reasonCodes": said.codes(provider),
    }
    return orjson.dumps({"clientReference": asked.reference, "assessment": assessment})


def _read_infoscore(body: bytes) -> Asked:
    if b"<!" in body:
        raise ValueError("a document type declaration")
    try:
        root = ET.fromstring(body)  # noqa: S314 - declarations are refused above
    except ET.ParseError as error:
        raise ValueError("no XML") from error

    def text(name: str) -> str:
        return root.findtext(f"person/{name}") or ""

    person = Person(
        text("vorname"), text("nachname"), _iso(text("geburtsdatum"), "%d.%m.%Y"), text("plz")
    )
    return Asked(root.attrib["referenz"], root.attrib["zweck"], person)


def _write_infoscore(provider: str, asked: Asked, said: Said) -> bytes:
    found = "ja" if said.hit else "nein"
    root = ET.Element("ergebnis", referenz=asked.reference, gefunden=found)
    score = _own(provider, said)
    if score is not None:
        ET.SubElement(root, "score").text = str(int(score))
    ET.SubElement(root, "betrugsverdacht").text = "ja" if said.fraud else "nein"
    for code in said.codes(provider):
        ET.SubElement(root, "merkmal", code=code)
    encoded: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return encoded


def _read_plain(body: bytes) -> Asked:
    document = orjson.loads(body)
    person = document["person"]
    address = person["address"]
    return Asked(
        document["reference"],
        document["purpose"],
        Person(
            person["given"],
            person["family"],
            person["birth_date"],
            address.get("postal_code") or "",
        ),
    )


def _write_plain(provider: str, asked: Asked, said: Said) -> bytes:
    score = _own(provider, said)
    return _without_none(
        {
            "reference": asked.reference,
            "found": said.hit,
            "score": None if score is None else f"{score:f}",
            "fraud": said.fraud,
            "codes": said.codes(provider),
        }
    )


_PLAIN = Wire("application/json", _read_plain, _write_plain)
WIRES = {
    "bkr": Wire("application/json", _read_bkr, _write_bkr),
    "preventel": _PLAIN,
    "experian": Wire("application/json", _read_experian, _write_experian),
    "schufa": _PLAIN,
    "infoscore": Wire("application/xml", _read_infoscore, _write_infoscore),
    "identity": _PLAIN,
    "sanctions": _PLAIN,
}
