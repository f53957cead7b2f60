"""Infoscore (DE): XML in German, a score from 0 to 1000, higher is better.

The parser is the standard library's: a document type declaration is refused beforehand, so that
neither entities nor anything outside of the answer is ever read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

from connectors.bureaus.format import Babble, FormatOf, Question, Told, told

_MEANINGS = {
    "ZAHLUNGSSTOERUNG": "arrears_elsewhere",
    "INKASSO": "collection_or_judgment",
    "TITEL": "collection_or_judgment",
    "INSOLVENZ": "bankruptcy",
    "ANFRAGEN": "enquiries_many",
}
_YES_NO = {"ja": True, "nein": False}
_WHOLE = re.compile(r"[0-9]{1,4}")


def _encode(question: Question) -> bytes:
    subject, address = question.subject, question.subject.address
    root = ET.Element("auskunft", referenz=question.call_id, zweck=question.purpose)
    person = ET.SubElement(root, "person")
    for name, text in (
        ("vorname", subject.name.given),
        ("nachname", subject.name.family),
        ("geburtsdatum", subject.birth_date.strftime("%d.%m.%Y")),
        ("strasse", address.street),
        ("hausnummer", address.number),
        ("plz", address.postal_code),
        ("ort", address.city),
        ("land", address.country),
    ):
        ET.SubElement(person, name).text = _printable(text or "")
    encoded: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return encoded


def _printable(text: str) -> str:
    """XML 1.0 has no place for control characters, and a name has no use for them."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _decode(body: bytes, question: Question) -> Told:
    if b"<!" in body:
        raise Babble("a document type declaration")
    try:
        root = ET.fromstring(body)  # noqa: S314 - declarations are refused above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise Babble("no XML") from error
    if root.tag != "ergebnis":
        raise Babble("no result")
    question.expect_as_answered(root.get("referenz"))
    score = root.findtext("score")
    if score is not None and not _WHOLE.fullmatch(score):
        raise Babble("the score is no number")
    return told(
        hit=_flag(root.get("gefunden")),
        score=None if score is None else Decimal(score),
        fraud=_flag(root.findtext("betrugsverdacht", "nein")),
        codes=tuple(mark.get("code", "") for mark in root.findall("merkmal")),
        meanings=_MEANINGS,
    )


def _flag(text: str | None) -> bool:
    if text not in _YES_NO:
        raise Babble("neither ja nor nein")
    return _YES_NO[text]


FORMAT = FormatOf("application/xml", _encode, _decode)
