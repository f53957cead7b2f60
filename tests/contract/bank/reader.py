"""Reads what a test wrote."""

from __future__ import annotations

from pathlib import Path

from connectors.bank.items import Ignored, ReturnedDebit, Row, SetAside
from connectors.bank.limits import Limits
from connectors.bank.reading import About, read


def rows_of(folder: Path, content: bytes, limits: Limits | None = None) -> list[Row]:
    """Every row of a file with that content."""
    return told(folder, content, limits)[0]


def told(folder: Path, content: bytes, limits: Limits | None = None) -> tuple[list[Row], About]:
    """The rows, and what is known of the file."""
    path = folder / "bank-file"
    path.write_bytes(content)
    about = About()
    return list(read(path, limits or Limits(), about)), about


def returned(rows: list[Row]) -> list[ReturnedDebit]:
    return [row for row in rows if isinstance(row, ReturnedDebit)]


def only(rows: list[Row]) -> ReturnedDebit:
    (row,) = rows
    assert isinstance(row, ReturnedDebit), row
    return row


def set_aside(rows: list[Row]) -> list[str]:
    return [row.code for row in rows if isinstance(row, SetAside)]


def ignored(rows: list[Row]) -> list[str]:
    return [row.because for row in rows if isinstance(row, Ignored)]
