"""Message texts and how money, dates and lists read in a language."""

from __future__ import annotations

from domain.templates.texts import Rendered, Texts, load_texts

__all__ = ["Rendered", "Texts", "load_texts"]
