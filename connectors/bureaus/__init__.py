"""Credit bureaus and registers, asked over HTTP: a row in `registry`, a format module each."""

from __future__ import annotations

from connectors.bureaus.ask import ask_all
from connectors.bureaus.desk import Desk, open_desk

__all__ = ["Desk", "ask_all", "open_desk"]
