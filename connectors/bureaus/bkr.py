"""BKR's central credit register (NL): JSON in Dutch, a risk in basis points, lower is better."""

from __future__ import annotations

import orjson
from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr

from connectors.bureaus.format import FormatOf, Question, Told, told

#: The register's codes (domain-facts D5): A arrears, 1-5 special codes, H recovered.
_MEANINGS = {
    "A": "arrears_elsewhere",
    "1": "obligations_high",
    "2": "collection_or_judgment",
    "3": "collection_or_judgment",
    "4": "identity_unverified",
    "5": "obligations_high",
}


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    referentie: StrictStr
    gevonden: StrictBool
    risico: StrictInt | None = None
    fraudesignaal: StrictBool = False
    coderingen: tuple[StrictStr, ...] = ()


def _encode(question: Question) -> bytes:
    subject = question.subject
    return orjson.dumps(
        {
            "toets": {
                "referentie": question.call_id,
                "doel": question.purpose,
                "persoon": {
                    "voornaam": subject.name.given,
                    "achternaam": subject.name.family,
                    "geboortedatum": subject.birth_date.strftime("%d-%m-%Y"),
                    "postcode": subject.address.postal_code,
                    "huisnummer": subject.address.number,
                },
            }
        }
    )


def _decode(body: bytes, question: Question) -> Told:
    answer = _Answer.model_validate_json(body)
    question.expect_as_answered(answer.referentie)
    return told(
        hit=answer.gevonden,
        score=answer.risico,
        fraud=answer.fraudesignaal,
        codes=answer.coderingen,
        meanings=_MEANINGS,
    )


FORMAT = FormatOf("application/json", _encode, _decode)
