"""Sends notices: through the gate, after a last look where they ask for money."""

from __future__ import annotations

from domain.collections.work import Work
from domain.events.outputs import LastLook

#: What the reference of a notice's look begins with.
NOTICE_LOOK = "notice|"


def decide(work: Work, ref: str, last_look: tuple[LastLook, ...]) -> None:
    """The log has been read far enough: send the notice, or hold or defer it."""
