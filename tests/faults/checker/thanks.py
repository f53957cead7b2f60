"""Thank-yous: one for each settled payment that touches something overdue, failed or reminded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.faults.checker.evidence import Finding
from tests.faults.checker.intake import Event
from tests.faults.checker.outputs import Message, Outputs
from tests.faults.checker.people import Person, overdue, window

HOLDING = frozenset({"deceased", "cease_contact", "represented"})


def judge_thanks(
    person: Person, outputs: Outputs, repeats: dict[str, set[str]]
) -> Iterator[Finding]:
    """One customer's thank-yous. `repeats`: payment_id -> every ce_id it came under."""
    messages = outputs.of(person.id, "thank_you")
    for payment, events in _payments(person).items():
        causes = {event.id for event in events} | repeats.get(payment, set())
        mine = [message for message in messages if message.cause in causes]
        messages = [message for message in messages if message not in mine]
        yield from _judge_payment(person, payment, events, mine, outputs)
    for message in messages:
        yield Finding("wrong", message.id, f"thanks for nothing known: {message.cause}")


def _payments(person: Person) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in person.of_type("payment.received.v1"):
        found.setdefault(event.data["payment_id"], []).append(event)
    return found


def _judge_payment(
    person: Person, payment: str, events: list[Event], mine: list[Message], outputs: Outputs
) -> Iterator[Finding]:
    by_channel: dict[str, list[Message]] = {}
    for message in mine:
        by_channel.setdefault(message.channel, []).append(message)
    if any(len(found) > 1 for found in by_channel.values()):
        yield Finding("sent twice", payment, f"thanked by {[one.id for one in mine]}")
    if mine and all(event.data.get("provisional") for event in events):
        yield Finding("wrong", mine[0].id, "thanks for a payment that has not settled")
    if mine and not _has_ground(person, outputs):
        yield Finding("wrong", mine[0].id, "nothing was overdue, failed or reminded")
    if not mine and _is_due(person, payment, events):
        yield Finding("lost", payment, f"{person.id} was not thanked")


def _has_ground(person: Person, outputs: Outputs) -> bool:
    return bool(
        person.of_type("direct-debit.failed.v1")
        or outputs.of(person.id, "reminder")
        or any(not _surely_not_due(one) for one in person.of_type("invoice.issued.v1"))
    )


def _surely_not_due(invoice: Event) -> bool:
    written = datetime.fromtimestamp(invoice.entry.timestamp_ms / 1000, UTC)
    return str(invoice.data["due_on"]) > written.date().isoformat()


def _is_due(person: Person, payment: str, events: list[Event]) -> bool:
    """Whether this payment must have been thanked for by now."""
    if person.facts() is None or all(event.data.get("provisional") for event in events):
        return False
    if any(one & HOLDING for one in person.flags_ever()) or person.stopped():
        return False
    reversed_ = {event.data["payment_id"] for event in person.of_type("payment.reversed.v1")}
    if payment in reversed_ or not person.reachable("service"):
        return False
    late = {one.data["invoice_id"] for one in person.of_type("invoice.issued.v1") if overdue(one)}
    if not person.ledger().touched.get(payment, set()) & late:
        return False
    at_once = events[-1].data["method"] in {"link", "card"}
    moment = datetime.fromtimestamp(events[-1].entry.timestamp_ms / 1000, UTC)
    return at_once or window(person, moment) == "open"


def payment_ids(repeats: list[Event]) -> dict[str, set[str]]:
    """payment_id -> ce_ids of the repetitions that had no effect."""
    found: dict[str, set[str]] = {}
    for event in repeats:
        if event.type == "payment.received.v1":
            found.setdefault(event.data["payment_id"], set()).add(event.id)
    return found
