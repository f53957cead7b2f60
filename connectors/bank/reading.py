"""A bank file from beginning to end: its rows one after the other, in bounded memory.

Whoever reads must read it all before anything is booked: a control sum at the end, or a file that
breaks off, refuses the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from connectors.bank import camt_report, pain_report
from connectors.bank.camt_report import CamtReport
from connectors.bank.documents import units
from connectors.bank.items import Row
from connectors.bank.limits import FileRefused, Limits
from connectors.bank.nodes import Node
from connectors.bank.pain_report import PainReport
from connectors.bank.sources import Source
from connectors.bank.sums import Sums

_VERSION = re.compile(r"(?:pain\.002|camt\.05[234])(?:\.\d{3}\.\d{2}(?:\.ch\.\d{2})?)")
_PLAIN = {**camt_report.MESSAGES, **dict.fromkeys(pain_report.MESSAGES, "pain.002")}
_NAMES_MAX = 50


@dataclass(slots=True)
class About:
    """What is known of the file once it has been read."""

    #: Kinds of messages with their versions, in the order of their first appearance.
    messages: list[str] = field(default_factory=list)
    messages_count: int = 0
    entries: int = 0
    misfits: list[str] = field(default_factory=list)
    #: Documents that are no reports of a bank.
    foreign: list[str] = field(default_factory=list)


def read(path: Path, limits: Limits, about: About) -> Iterator[Row]:
    """Every row of the file; `about` fills up on the way. Raises FileRefused at any point."""
    sums = Sums(limits)
    for name, pieces in Source(path, limits).members():
        try:
            yield from _member(name, units(pieces, limits), sums, about)
        except FileRefused as error:
            if name:
                raise FileRefused(error.code, f"{name}: {error}") from error
            raise
    about.misfits = sums.misfits
    if not about.messages_count:
        what = f" It holds {', '.join(about.foreign)}." if about.foreign else ""
        raise FileRefused("no_report", f"There is no pain.002 or camt.052/053/054 in it.{what}")


def _member(name: str, parts: Iterator[Node], sums: Sums, about: About) -> Iterator[Row]:
    report: CamtReport | PainReport | None = None
    #: The message element whose units are being visited, and its kind.
    present: tuple[Node, str] | None = None
    messages_before = about.messages_count
    for node in parts:
        if node.name == "Document":
            if about.messages_count == messages_before:
                _note_foreign(node, about)
            messages_before = about.messages_count
            continue
        message = node if node.name in _PLAIN else _message_of(node)
        if message is None:
            continue  # an element of that name in some other kind of document
        if present is None or present[0] is not message:
            about.messages_count += 1
            present = message, _kind_of(message, about)
            where = f"{name + ', ' if name else ''}message {about.messages_count}"
            is_camt = message.name in camt_report.MESSAGES
            report = CamtReport(where, sums) if is_camt else PainReport(where, sums)
        if report is not None:
            yield from report.visit(node, present[1])
            if node is message and isinstance(report, CamtReport):
                about.entries += report.entries


def _message_of(node: Node) -> Node | None:
    place = node.parent
    while place is not None and place.name not in _PLAIN:
        place = place.parent
    return place


def _kind_of(message: Node, about: About) -> str:
    """`camt.054.001.08` by its namespace, or `camt.054` by its name."""
    plain = _PLAIN[message.name]
    place: Node | None = message
    found = plain
    while place is not None and found == plain:
        known = (_VERSION.search(space) for space in place.spaces)
        found = next((one[0] for one in known if one and one[0].startswith(plain)), plain)
        place = place.parent
    if found not in about.messages:
        about.messages.append(found)
    return found


def _note_foreign(document: Node, about: About) -> None:
    inside = next(iter(document.children or ()), "an empty document")
    if len(about.foreign) < _NAMES_MAX and inside not in about.foreign:
        about.foreign.append(inside[:60])
