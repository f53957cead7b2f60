"""Reminders: none for a debt the log knew was paid (I1), none lost, none without ground."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.faults.checker.evidence import LOOK_TOPICS, Finding, instant
from tests.faults.checker.intake import Event
from tests.faults.checker.ledger import compute
from tests.faults.checker.outputs import Message, Outputs
from tests.faults.checker.people import Person, window


def judge_reminders(person: Person, outputs: Outputs, row: Any) -> Iterator[Finding]:
    """Everything about one customer's reminders. `row`: the live row of the customer, or None."""
    reminders = outputs.of(person.id, "reminder")
    for message in reminders:
        yield from judge_one(person, message)
    yield from _doubles(person, reminders)
    yield from _missing(person, reminders, row or {})


def judge_one(person: Person, message: Message) -> Iterator[Finding]:
    """One reminder against the log as far as its last look says it was read."""
    try:
        ends = look_of(person, message)
    except ValueError as error:
        yield Finding("wrong", message.id, f"last_look: {error}")
        return
    paid = paid_before(person, message, ends)
    for invoice in paid:
        yield Finding(
            "reminded after payment",
            message.id,
            f"{invoice} was paid before {ends['payments']} of payments",
        )
    unfounded = set(message.invoices) - person.chased()
    if unfounded or not message.invoices:
        yield Finding("wrong", message.id, f"no ground to remind of {sorted(unfounded)}")
    if not paid and not unfounded:
        yield from _wrong_amount(person, message, ends)
    yield from _not_allowed(person, message, ends)


def look_of(person: Person, message: Message) -> dict[str, int]:
    """The end offsets a reminder claims. Raises ValueError when the claim is not sound."""
    partitions = {event.entry.partition for event in person.events}
    ends: dict[str, int] = {}
    for one in message.data.get("last_look") or ():
        topic = one["topic"]
        if one["partition"] not in partitions:
            raise ValueError(f"partition {one['partition']} is not the customer's")
        ends[topic] = one["end_offset"]
    missing = [topic for topic in LOOK_TOPICS if topic not in ends]
    if missing:
        raise ValueError(f"nothing about {', '.join(missing)}")
    return ends


def paid_before(person: Person, message: Message, ends: dict[str, int]) -> list[str]:
    """Invoices named although payments before `ends` had settled them.

    Lenient towards the product: whatever keeps an invoice open (other invoices that draw on the
    payment, reversals) counts from the whole log. Pending payments count as paid: they hold.
    """

    def counts(event: Event) -> bool:
        if event.type in {"payment.received.v1", "invoice.credited.v1"}:
            return event.entry.offset < ends[event.entry.topic]
        return True

    ledger = compute(_settled(event) for event in person.events if counts(event))
    return [name for name in message.invoices if name in ledger.open and not ledger.open[name]]


def _settled(event: Event) -> Event:
    if not event.data.get("provisional"):
        return event
    data = event.data | {"provisional": False}
    return Event(event.entry, event.id, event.source, event.type, event.time, data)


def _wrong_amount(person: Person, message: Message, ends: dict[str, int]) -> Iterator[Finding]:
    due = message.data.get("amount_due") or {}
    possible = set()
    for ledger in person.states_from(ends):
        named = [name for name in message.invoices if name in ledger.open]
        possible.add(sum(ledger.open[name] for name in named))
    if due.get("minor") not in possible:
        yield Finding("wrong", message.id, f"amount_due {due}, possible {sorted(possible)}")


def _not_allowed(person: Person, message: Message, ends: dict[str, int]) -> Iterator[Finding]:
    if person.flagged():
        yield Finding("wrong", message.id, "the customer carries a flag")
    if person.closed(message.channel, "collection", ends):
        yield Finding("wrong", message.id, f"{message.channel} is closed for collection")
    asked = instant(message.data["requested_at"])
    if not 8 <= person.hour(asked) < 21:
        yield Finding("wrong", message.id, f"outside the window: {person.hour(asked):.2f} h local")
    if instant(message.data["not_after"]) <= asked:
        yield Finding("wrong", message.id, "expires before it is requested")


def _doubles(person: Person, reminders: list[Message]) -> Iterator[Finding]:
    """A step of a run is one message: also under another message_id it is a second one."""
    if person.reopened():
        return  # what was paid and taken back is chased anew, for the same cause
    settled = bool(person.of_type("payment.received.v1"))
    seen: dict[tuple[Any, ...], Message] = {}
    for message in reminders:
        currency = (message.data.get("amount_due") or {}).get("currency")
        # After a payment a new failure may open a new run: then its cause tells the runs apart.
        run = (message.cause,) if settled else ()
        key = (currency, message.data.get("step"), *run)
        first = seen.setdefault(key, message)
        if first is not message and first.channel == message.channel:
            yield Finding("sent twice", message.id, f"as {first.id}, step {key[1]}")


def _missing(person: Person, reminders: list[Message], row: dict[str, Any]) -> Iterator[Finding]:
    ledger = person.ledger()
    standing = {name for name in person.chased() if ledger.open.get(name)}
    if not standing or person.facts() is None or person.stopped():
        return
    recorded = bool(row.get("not_sent")) or bool(row.get("next_step"))
    named = {name for message in reminders for name in message.invoices}
    simple = not person.of_type("payment.received.v1", "payment.reversed.v1")
    opened = _opened_at(person, standing)
    must_leave = (
        simple
        and not any(person.flags_ever())
        and person.reachable("collection")
        and all(window(person, moment) == "open" for moment in opened)
    )
    if must_leave and not reminders:
        yield Finding("lost", person.id, f"no reminder of {sorted(standing)}")
    elif not reminders and not recorded:
        yield Finding("lost", person.id, f"{sorted(standing)}: no reminder, reason or next step")
    elif not standing & named and not recorded:
        yield Finding("lost", person.id, f"{sorted(standing)} named nowhere, nothing to follow")


def _opened_at(person: Person, standing: set[str]) -> Iterable[datetime]:
    return [
        datetime.fromtimestamp(event.entry.timestamp_ms / 1000, UTC)
        for event in person.events
        if event.data.get("invoice_id") in standing
    ]
