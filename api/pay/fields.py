"""What customers type into the forms behind their link; a slip names its field and its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CHARACTERS_MAX = 1000


class Slip(Exception):
    """`name`: the field; `reason`: the text's key after `own.error.`, with its values."""

    def __init__(self, name: str, reason: str, **values: object) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason, self.values = name, reason, values


def kept_of(fields: Mapping[str, str]) -> dict[str, str]:
    """The form as it was sent, cut to what a page shows again."""
    return {name: value[:_CHARACTERS_MAX] for name, value in fields.items() if name != "csrf"}


def day_of(fields: Mapping[str, str], name: str) -> date:
    """A date as the browser's field sends it. Raises Slip."""
    try:
        text = fields.get(name, "").strip()
        if len(text) != len("2026-06-01"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Slip(name, "day") from None


def time_of(fields: Mapping[str, str], name: str) -> str | None:
    """A time of day, `22:00`; None where nothing is filled in. Raises Slip."""
    text = fields.get(name, "").strip()[:5]
    if not text:
        return None
    if not _TIME.fullmatch(text):
        raise Slip(name, "time")
    return text


def whole_of(fields: Mapping[str, str], name: str, least: int, most: int) -> int:
    """A whole number within bounds. Raises Slip."""
    text = fields.get(name, "").strip()
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not least <= int(text) <= most:
        raise Slip(name, "whole", least=least, most=most)
    return int(text)


def text_of(fields: Mapping[str, str], name: str, *, required: bool) -> str:
    """A text of some lines. Raises Slip."""
    text = fields.get(name, "").strip()
    if required and not text:
        raise Slip(name, "missing")
    if len(text) > _CHARACTERS_MAX:
        raise Slip(name, "too_long", most=_CHARACTERS_MAX)
    return text
