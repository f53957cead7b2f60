"""Experian: JSON in English, nested, a score from 0 to 1,250, higher is better."""

from __future__ import annotations

from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from connectors.bureaus.format import FormatOf, Question, Told, told

_MEANINGS = {
    "R01": "arrears_elsewhere",
    "R02": "collection_or_judgment",
    "R03": "bankruptcy",
    "R04": "obligations_high",
    "R05": "history_limited",
    "R06": "enquiries_many",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Score(_Part):
    value: StrictInt


class _Assessment(_Part):
    match_status: Literal["MATCHED", "NOT_FOUND"] = Field(alias="matchStatus")
    score: _Score | None = None
    alerts: tuple[StrictStr, ...] = ()
    reason_codes: tuple[StrictStr, ...] = Field(default=(), alias="reasonCodes")


class _Answer(_Part):
    client_reference: StrictStr = Field(alias="clientReference")
    assessment: _Assessment


def _encode(question: Question) -> bytes:
    subject, address = question.subject, question.subject.address
    return orjson.dumps(
        {
            "clientReference": question.call_id,
            "purposeCode": question.purpose.upper(),
            "consumer": {
                "forename": subject.name.given,
                "surname": subject.name.family,
                "dateOfBirth": subject.birth_date.isoformat(),
                "address": {
                    "line1": f"{address.street or ''} {address.number or ''}".strip(),
                    "postcode": address.postal_code,
                    "town": address.city,
                    "countryCode": address.country,
                },
            },
        }
    )


def _decode(body: bytes, question: Question) -> Told:
    answer = _Answer.model_validate_json(body)
    question.expect_as_answered(answer.client_reference)
    assessment = answer.assessment
    return told(
        hit=assessment.match_status == "MATCHED",
        score=assessment.score.value if assessment.score else None,
        fraud="FRAUD" in assessment.alerts,
        codes=assessment.reason_codes,
        meanings=_MEANINGS,
    )


FORMAT = FormatOf("application/json", _encode, _decode)
