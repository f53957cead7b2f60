"""The words of the pages in every language we speak. A test keeps the languages complete."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "nl", "de")
_FOLDER = Path(__file__).parent


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language, read once."""
    texts: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text("utf-8"))
    return texts


class Translator:
    """`t("key", count=3)`; an unknown key is a KeyError, found by the tests."""

    def __init__(self, language: str) -> None:
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        text = self._texts[key]
        return text.format(**values) if values else text

    def get(self, key: str, default: str) -> str:
        return self._texts.get(key, default)

    def word(self, code: str) -> str:
        """A code of the data (`no_hit`, `overdue`) in words; one we don't know, as it is."""
        kind, _, what = code.partition(":")  # `flag:dispute`, `return_code:AC04`
        if what and (text := self._texts.get(f"word.{kind}:")) is not None:
            return text.format(what=self.word(what))
        return self._texts.get(f"word.{code}", code.replace("_", " "))


def best_language(wanted: str, default: str = "en") -> str:
    """The first we speak of an Accept-Language header or a BCP 47 tag."""
    ranked = []
    for place, part in enumerate(wanted.split(",")[:20]):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        ranked.append((-weight, place, tag.split("-")[0].lower()))
    return next((tag for _, _, tag in sorted(ranked) if tag in LANGUAGES), default)
