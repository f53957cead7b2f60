"""No name, phone, address, mail or IBAN gets into a log line."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from runtime import logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream, hook = io.StringIO(), sys.excepthook
    logs.configure("INFO", "test")
    handler = logging.getLogger().handlers[0]
    handler.setStream(stream)
    yield lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers[:] = []
    sys.excepthook = hook


def test_personal_fields_are_replaced(lines: Lines) -> None:
    logs.logger("x").info(
        "sent", message_id="m-1", to="+31612345678", row={"name": {"family": "Jansen"}}, n=3
    )
    (line,) = lines()
    assert line["message_id"] == "m-1"
    assert line["n"] == 3
    assert "612345678" not in str(line)
    assert "Jansen" not in str(line)
    assert line["event"] == "sent"
    assert line["process"] == "test"


@pytest.mark.parametrize(
    "secret",
    [
        "jan.jansen@example.nl",
        "+31612345678",
        "+31 6 1234 5678",
        "NL91ABNA0417164300",
        "NL91 ABNA 0417 1643 00",
        "DE89370400440532013000",
    ],
)
def test_what_looks_personal_is_replaced_in_texts(lines: Lines, secret: str) -> None:
    logging.getLogger("foreign").warning("refused for %s by peer", secret)
    logs.logger("x").info("nested", detail={"why": [f"because {secret}!"]})
    text = str(lines())
    assert secret not in text
    assert text.count(logs.REDACTED) == 2


def test_exceptions_keep_their_place_but_not_their_input(lines: Lines) -> None:
    class Person(BaseModel):
        age: int

    try:
        Person.model_validate({"age": "Jansen"})
    except ValueError:
        logs.logger("x").exception("refused")
    (line,) = lines()
    assert "Jansen" not in str(line)
    assert line["exception"][0]["type"] == "ValidationError"
    assert line["exception"][0]["message"] == "age: int_parsing"
    assert "test_logs.py" in line["exception"][0]["at"][0]


def test_ids_times_and_amounts_stay(lines: Lines) -> None:
    logs.logger("x").info("ok", invoice_id="INV-20260601-0001", at="2026-06-01T09:00:00+02:00")
    (line,) = lines()
    assert line["invoice_id"] == "INV-20260601-0001"
    assert line["at"] == "2026-06-01T09:00:00+02:00"


def test_a_crash_is_a_line_with_every_cause(lines: Lines) -> None:
    try:
        try:
            raise ValueError("mail jan@example.nl")
        except ValueError as error:
            raise ExceptionGroup("tasks", [RuntimeError("lost"), error]) from None
    except ExceptionGroup as group:
        sys.excepthook(type(group), group, None)
    (line,) = lines()
    assert [part["type"] for part in line["exception"]] == [
        "ExceptionGroup",
        "RuntimeError",
        "ValueError",
    ]
    assert "jan@example.nl" not in str(line)
    assert line["level"] == "critical"
