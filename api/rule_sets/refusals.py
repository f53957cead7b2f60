"""A refusal in words: who, when and which version."""

from __future__ import annotations

from api.problems import Problem
from api.texts import Translator
from connectors.postgres.rule_sets import Refused

#: Everything else is a conflict with how things stand.
_STATUS = {
    "unknown": 404,
    "not_yours": 403,
    "own_work": 403,
    "key_decides": 403,
    "comment_missing": 422,
    "findings": 422,
    "confirm": 422,
}


def status_of(refused: Refused) -> int:
    """The HTTP status that fits."""
    return _STATUS.get(refused.code, 409)


def words_of(refused: Refused, t: Translator, at: str = "") -> str:
    """In the reader's language; `at` as the reader writes moments."""
    return t(
        f"rules.refused.{refused.code}",
        by=refused.by or "–",
        at=at or (refused.at.isoformat() if refused.at else "–"),
        version=refused.version or "–",
    )


def problem_of(refused: Refused) -> Problem:
    """For machines."""
    code = refused.code.replace("_", "-")
    return Problem(status_of(refused), code, words_of(refused, Translator("en")))
