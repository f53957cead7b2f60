"""I1, I3, I7: what was said to whom, how often, and when."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from tests.faults.checker.evidence import LOOK_TOPICS, Finding, instant
from tests.faults.checker.gateways import judge_gateways
from tests.faults.checker.outputs import Message
from tests.faults.checker.people import Person
from tests.faults.checker.reminders import _doubles, look_of, paid_before
from tests.faults.checker.thanks import judge_thanks, payment_ids
from tests.simulation.judges.case import Case, told

#: Two different steps of a sequence never follow closer than this; the rhythm is a week.
STEP_GAP = timedelta(hours=12)
#: A debt that falls due within a day of the first step joins the sequence that runs.
JOINS_UNTIL = timedelta(days=1)


def i1_no_reminder_after_payment(case: Case) -> Iterator[str]:
    """Nothing named in a reminder was paid before the look; and the look was taken in earnest."""
    for person in case.people.values():
        for message in case.outputs.of(person.id, "reminder"):
            try:
                ends = look_of(person, message)
            except ValueError as error:
                yield f"{message.id}: last_look: {error}"
                continue
            for invoice in paid_before(person, message, ends):
                yield f"{message.id} of {person.id}: {invoice} was paid before the look {ends}"
    claims = {message.id: message for message in case.outputs.messages}
    for reminded in case.world.scene.commits.reminded:
        message = claims.get(reminded.message_id)
        if message is None:
            continue
        ends = {one["topic"]: one["end_offset"] for one in message.data.get("last_look", ())}
        if not any(
            all(ends.get(topic, -1) >= looked[topic] for topic in LOOK_TOPICS)
            for looked in reminded.looked
        ):
            yield f"{message.id}: looked up to {ends}, the log stood at {reminded.looked}"


def i3_one_effect_per_step(case: Case) -> Iterator[str]:
    """No message accepted twice, and none under two ids, unless the first is in doubt."""
    reopened = {person.id for person in case.people.values() if person.reopened()}
    found = judge_gateways(case.evidence, case.outputs, case.now, reopened)
    yield from told(found, "sent twice")
    sure, repeats = _surely_left(case), payment_ids(case.intake.repeats)
    left = replace(case.outputs, messages=[m for m in case.outputs.messages if m.id in sure])
    for person in case.people.values():
        yield from told(_said_twice(person, left.of(person.id, "reminder")))
        yield from told(judge_thanks(person, left, repeats), "sent twice")
    ids = Counter(message.id for message in case.outputs.messages)
    for message_id, times in ids.items():
        if times > 1:
            yield f"{message_id} was requested {times} times"
    yield from _steps_through_two_channels(case)


def _said_twice(person: Person, reminders: list[Message]) -> Iterator[Finding]:
    """Doubles within a run. A debt that joins a day or more after the first step starts anew."""
    anew: set[str] = set()
    ordered = sorted(reminders, key=lambda one: (one.data["requested_at"], one.id))
    for index, message in enumerate(ordered):
        before = [one for one in ordered[:index] if _currency(one) == _currency(message)]
        if before and message.data["step"] == 1 and message.cause != before[-1].cause:
            named = {invoice for one in before for invoice in one.invoices}
            since = instant(message.data["requested_at"]) - instant(before[0].data["requested_at"])
            if set(message.invoices) - named and since >= JOINS_UNTIL:
                anew.add(message.cause)
    yield from _doubles(person, [one for one in reminders if one.cause not in anew])
    for cause in sorted(anew):
        yield from _doubles(person, [one for one in reminders if one.cause == cause])


def _currency(message: Message) -> str | None:
    return (message.data.get("amount_due") or {}).get("currency")


def _surely_left(case: Case) -> set[str]:
    """Accepted, and not shown as unknown: what is in doubt may be said through another channel."""
    return {one.message_id for one in case.evidence.received} - case.evidence.unknown


def _steps_through_two_channels(case: Case) -> Iterator[str]:
    left = _surely_left(case)
    steps: dict[tuple[object, ...], list[Message]] = defaultdict(list)
    for message in case.outputs.messages:
        if message.id in left and not case.people[message.customer].reopened():
            steps[message.kind, message.cause, message.data.get("step")].append(message)
    for step, messages in steps.items():
        if len(messages) > 1:
            yield f"{step} left as {[(one.channel, one.id) for one in messages]}"


def i7_windows_caps_consent(case: Case) -> Iterator[str]:
    """Reminders only within the window, to whom it is allowed, and not in quick succession."""
    for person in case.people.values():
        reminders = case.outputs.of(person.id, "reminder")
        for message in reminders:
            try:
                ends = look_of(person, message)
            except ValueError:
                continue  # I1 tells
            if (wrong := _not_allowed(person, message, ends)) != "":
                yield f"{message.id} of {person.id}: {wrong}"
        yield from _too_close(reminders)
    yield from _withdrawn_but_sent(case)
    for row in case.world.tables.dispatches.values():
        if row["state"] == "sent" and row["message_id"] not in {
            one.message_id for one in case.evidence.received
        }:
            yield f"{row['message_id']} is said to be sent, but nobody received it"


def _withdrawn_but_sent(case: Case) -> Iterator[str]:
    """A withdrawal that stood on the log before a message was first looked at must stop it."""
    tables = case.world.tables
    for entry in case.evidence.outputs:
        if entry.header("ce_type") != "message.withdrawn.v1":
            continue
        name = json.loads(entry.value or b"{}")["message_id"]
        row, looked = tables.dispatches.get(name), tables.looked.get(name, 0)
        if row is not None and entry.offset < looked and row["state"] != "withdrawn":
            yield f"{name} is {row['state']}, withdrawn at {entry.offset}, looked at from {looked}"


def _not_allowed(person: Person, message: Message, ends: dict[str, int]) -> str:
    """Why nothing that was known at the look, or became known until now, allowed the message."""
    updates = sorted(person.of_type("customer.updated.v1"), key=lambda one: one.entry.offset)
    looked = sum(one.entry.offset < ends["customers"] for one in updates)
    others = [event for event in person.events if event not in updates]
    why = "nobody knew the customer"
    for known in range(max(1, looked), len(updates) + 1):
        then = Person(person.id, [*others, *updates[:known]])
        hour = then.hour(instant(message.data["requested_at"]))
        if then.closed(message.channel, "collection", ends):
            why = f"{message.channel} is closed"
        elif (max(updates[:known], key=lambda one: (one.time, one.id)).data.get("flags")) or ():
            why = "a flag holds reminders"
        elif not 8 <= hour < 21:
            why = f"outside the window: {hour:.2f} h"
        else:
            return ""
    return why


def _too_close(reminders: list[Message]) -> Iterator[str]:
    first: dict[str, dict[int, datetime]] = defaultdict(dict)
    for message in reminders:
        at, steps = instant(message.data["requested_at"]), first[message.cause]
        steps[message.data["step"]] = min(at, steps.get(message.data["step"], at))
    for cause, steps in first.items():
        for (step, at), (following, later) in pairwise(sorted(steps.items())):
            if later - at < STEP_GAP:
                yield f"{cause}: step {following} only {later - at} after {step}"
