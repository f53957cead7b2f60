"""Every story also checks that a remembered row is the one that its bytes would give."""

from __future__ import annotations

from typing import Any

import pytest

from agents.parsed_rows import ParsedRows


@pytest.fixture(autouse=True)
def _remembered_rows_are_true(monkeypatch: pytest.MonkeyPatch) -> None:
    remember = ParsedRows.remember

    def checked(rows: ParsedRows[Any], row: bytes, model: Any) -> None:
        read = rows._model.model_validate_json(row)
        assert read == model
        assert read.model_dump_json() == model.model_dump_json()
        remember(rows, row, model)

    monkeypatch.setattr(ParsedRows, "remember", checked)
