"""The plain JSON format of the other registers: found, score as decimal text, fraud, codes."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, StringConstraints

from connectors.bureaus.format import FormatOf, Question, Told, told

_MEANINGS = {
    "UNPAID": "arrears_elsewhere",
    "COLLECTION": "collection_or_judgment",
    "INSOLVENT": "bankruptcy",
    "ID_MISMATCH": "identity_unverified",
    "LISTED": "on_sanctions_list",
}
_DecimalText = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[0-9]{1,5}(\.[0-9]{1,4})?$")
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    reference: StrictStr
    found: StrictBool
    score: _DecimalText | None = None
    fraud: StrictBool = False
    codes: tuple[StrictStr, ...] = ()


def _encode(question: Question) -> bytes:
    subject = question.subject
    return orjson.dumps(
        {
            "reference": question.call_id,
            "purpose": question.purpose,
            "person": {
                "given": subject.name.given,
                "family": subject.name.family,
                "birth_date": subject.birth_date.isoformat(),
                "address": subject.address.model_dump(exclude_none=True),
            },
        }
    )


def _decode(body: bytes, question: Question) -> Told:
    answer = _Answer.model_validate_json(body)
    question.expect_as_answered(answer.reference)
    return told(
        hit=answer.found,
        score=None if answer.score is None else Decimal(answer.score),
        fraud=answer.fraud,
        codes=answer.codes,
        meanings=_MEANINGS,
    )


FORMAT = FormatOf("application/json", _encode, _decode)
