"""Where things stand on the page: DIN 5008, form B, for an envelope with a window (DL, C6/5).

Measures in millimetres from the upper left corner of A4. Source: DIN 5008 as letters in shops
show it; the standard itself was not read [unverified].
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the page."""

    left: float
    top: float
    width: float
    height: float


PAGE = Box(0, 0, 210, 297)
#: What the window shows: the sender in small letters, then the recipient.
ADDRESS = Box(20, 45, 85, 45)
RETURN_LINE_TOP = 50.0
RECIPIENT_TOP = 62.7
RECIPIENT_LINES_MAX = 6
#: Right of it: date and reference.
INFORMATION = Box(125, 50, 75, 40)
#: The words, on the first page and on the others.
FIRST_BODY = Box(25, 98, 165, 174)
NEXT_BODY = Box(25, 25, 165, 247)
FOOTER_TOP = 283.0
#: Where to fold and to punch, as short lines at the edge.
FOLD_MARKS = (105.0, 210.0)
PUNCH_MARK = 148.5
