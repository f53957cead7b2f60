"""Names of timers and looks: which part of the business, which row, and the row's own name.

`c|cust%7C1|step:EUR` is timer `step:EUR` of the customer `cust|1`. The key is quoted, so that any
id is safe; the local name comes last and may hold anything.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote


class LocalName(NamedTuple):
    """`part` is one letter, `key` the row's key, `name` what the row calls it."""

    part: str
    key: str
    name: str

    def __str__(self) -> str:
        return f"{self.part}|{quote(self.key, safe='')}|{self.name}"


def parse(text: str) -> LocalName:
    """The inverse of `str`. ValueError when it is not such a name."""
    part, key, name = text.split("|", 2)
    return LocalName(part, unquote(key), name)
