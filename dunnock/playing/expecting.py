"""Whether what came out is what the story expects, and if not, what differs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dunnock.embedded.problems import Problem
from dunnock.playing.driver import Output
from dunnock.playing.frame import instant_of
from dunnock.playing.money import is_money, money_of, money_text

CHANNELS = ("sms", "push", "email", "letter")
#: Topics on which nothing may come out that is not expected.
ALWAYS = frozenset({*(f"messages.{channel}" for channel in CHANNELS), "dead-letters", "decisions"})
_MESSAGE, _WITHDRAWN = "message.requested.v1", "message.withdrawn.v1"
_ABOUT = frozenset({"says", "says_not", "has", "lacks", "at", "customer"})
#: Shorthand in an expectation -> topic and the field that its value is expected in.
_TOPICS = {
    "case": ("cases", "state"),
    "fee_status": ("fee-status", "status"),
    "decision": ("decisions", "outcome"),
    "dead_letter": ("dead-letters", "reason"),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One output that is expected: where, of which type, and what it says."""

    topic: str
    ce_type: str | None
    fields: dict[str, Any]
    about: dict[str, Any]

    @property
    def words(self) -> str:
        """In a line, for people."""
        told = {**self.fields, **self.about}
        said = ", ".join(f"{name}={value!r}" for name, value in told.items())
        return f"{self.topic} {self.ce_type or ''} {said}".replace("  ", " ")


def expectation(body: dict[str, Any], main: str = "") -> Expectation:
    """What one entry of `expect` means; it is about `main` unless it names another customer.

    Raises Problem for one that names no output.
    """
    rest = dict(body)
    about = {"customer": main} if main else {}
    about |= {name: rest.pop(name) for name in tuple(rest) if name in _ABOUT}
    for channel in CHANNELS:
        if channel in rest:
            kind = rest.pop(channel)
            return Expectation(f"messages.{channel}", _MESSAGE, {"kind": kind, **rest}, about)
    if "withdrawn" in rest:
        because, channel = rest.pop("withdrawn"), rest.pop("channel", "sms")
        fields = {"because": because, **rest}
        return Expectation(f"messages.{channel}", _WITHDRAWN, fields, about)
    for name, (topic, field) in _TOPICS.items():
        if name in rest:
            return Expectation(topic, None, {field: rest.pop(name), **rest}, about)
    if "topic" in rest:
        return Expectation(str(rest.pop("topic")), rest.pop("type", None), rest, about)
    raise Problem(
        f"An expectation names an output: one of {', '.join((*CHANNELS, 'withdrawn', *_TOPICS))}"
        f" or topic; this one has {', '.join(body) or 'nothing'}."
    )


def differences(expected: Expectation, output: Output, zone: str) -> list[str]:
    """What of an output is not as expected; empty when it is."""
    found = []
    if output.topic != expected.topic:
        found.append(f"topic is {output.topic}, expected {expected.topic}")
    if expected.ce_type is not None and output.ce_type != expected.ce_type:
        found.append(f"type is {output.ce_type}, expected {expected.ce_type}")
    about = dict(expected.about)
    customer, at = about.pop("customer", None), about.pop("at", None)
    if customer is not None and output.key != customer:
        found.append(f"customer is {output.key}, expected {customer}")
    if at is not None and (output.at is None or not _same_instant(at, output.at, zone)):
        found.append(f"at is {_local(output.at, zone)}, expected {at}")
    found += text_differences(about, output.data)
    return found + field_differences(expected.fields, output.data, zone)


def text_differences(about: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """`says`, `says_not` of the body; `has` and `lacks` of fields by dotted path."""
    body = f"{data.get('subject') or ''}\n{data.get('body') or ''}"
    found = [f"the text does not say {t!r}: {body.strip()}" for t in _all(about, "says", body, 0)]
    found += [f"the text says {t!r}: {body.strip()}" for t in _all(about, "says_not", body, 1)]
    for path in _listed(about.get("has", ())):
        if value_at(data, path) in (None, [], {}):
            found.append(f"{path} is missing")
    for path in _listed(about.get("lacks", ())):
        if (value := value_at(data, path)) not in (None, [], {}):
            found.append(f"{path} is {value!r}, expected nothing")
    return found


def field_differences(wanted: dict[str, Any], data: Any, zone: str, path: str = "") -> list[str]:
    """Fields by dotted path; nested tables mean the same. Only what is named is compared."""
    found = []
    for name, value in wanted.items():
        where = f"{path}.{name}" if path else name
        actual = value_at(data, name)
        if isinstance(value, dict) and not is_money(value):
            found += field_differences(value, actual, zone, where)
        elif not _equal(value, actual, zone):
            found.append(f"{where} is {_shown(actual)}, expected {_shown(value)}")
    return found


def value_at(data: Any, path: str) -> Any:
    """The value at `open.0.state`; negative numbers count from the end. None: nothing there."""
    for step in path.split("."):
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.lstrip("-").isdigit():
            number = int(step)
            data = data[number] if -len(data) <= number < len(data) else None
        else:
            return None
    return data


def _equal(wanted: Any, actual: Any, zone: str) -> bool:
    if isinstance(wanted, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(wanted)
            and all(_equal(w, a, zone) for w, a in zip(wanted, actual, strict=True))
        )
    if isinstance(wanted, dict) and not is_money(wanted):
        return not field_differences(wanted, actual, zone)
    if isinstance(wanted, str) and isinstance(actual, str):
        at = instant_of(actual)
        same = at is not None and _same_instant(wanted, at, zone)
        return wanted == actual or same
    if isinstance(wanted, str) and is_money(actual):
        return bool(money_of(wanted) == actual)
    return bool(wanted == actual) and type(wanted) is type(actual)


def _same_instant(wanted: str, at: dt.datetime, zone: str) -> bool:
    """`2026-06-02 08:00` local to the minute, `… 08:00..08:10` between, or an instant exactly."""
    if (exact := instant_of(wanted)) is not None:
        return exact == at
    local = at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    first, _, last = wanted.partition("..")
    return first <= local <= (first[:11] + last if last else first)


def _local(at: dt.datetime | None, zone: str) -> str:
    return "unknown" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _all(about: dict[str, Any], name: str, body: str, present: int) -> list[str]:
    """The texts of `name` that are in the body (`present` 1) or are not (0)."""
    plain = body.replace("\u00a0", " ").replace("\u202f", " ")
    return [text for text in _listed(about.get(name, ())) if (text in plain) == bool(present)]


def _shown(value: Any) -> str:
    if isinstance(value, str) and (money := money_of(value)) is not None:
        value = money
    return money_text(value) if is_money(value) else repr(value)
