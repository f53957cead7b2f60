"""Roles of staff and what each may open. Unknown roles may open nothing but the start page."""

from __future__ import annotations

from typing import Literal, get_args

Area = Literal[
    "start",
    "customers",
    "decisions",
    "messages",
    "cases",
    "actions",
    "approvals",
    "rules",
    "publishing",
    "operations",
    "bank-files",
    "clock",
]

_ALL: frozenset[Area] = frozenset(get_args(Area))
AREAS_OF: dict[str, frozenset[Area]] = {
    "admin": _ALL,
    "analyst": _ALL - {"publishing", "clock", "actions", "approvals"},
    "agent": frozenset(("start", "customers", "messages", "cases", "actions", "approvals")),
    "policy": frozenset(("start", "decisions", "rules", "publishing")),
    "operator": frozenset(("start", "messages", "operations", "bank-files", "clock")),
}


def may_open(role: str, area: Area) -> bool:
    """Whether the role may open pages and API of the area."""
    return area == "start" or area in AREAS_OF.get(role, frozenset())
