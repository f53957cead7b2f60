"""Roles of staff and what each may open. Unknown roles may open nothing but the start page."""

from __future__ import annotations

from typing import Literal

Area = Literal["start", "customers", "decisions", "messages", "cases", "operations", "clock"]

_ALL: frozenset[Area] = frozenset(
    ("start", "customers", "decisions", "messages", "cases", "operations", "clock")
)
AREAS_OF: dict[str, frozenset[Area]] = {
    "admin": _ALL,
    "analyst": _ALL - {"clock"},
    "agent": frozenset(("start", "customers", "messages", "cases")),
    "policy": frozenset(("start", "decisions")),
    "operator": frozenset(("start", "messages", "operations", "clock")),
}


def may_open(role: str, area: Area) -> bool:
    """Whether the role may open pages and API of the area."""
    return area == "start" or area in AREAS_OF.get(role, frozenset())
