"""I2: every event ends in its effect or in a dead letter."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checker.applications import judge_applications
from tests.faults.checker.evidence import GATEWAYS, Finding, instant
from tests.faults.checker.gateways import judge_gateways
from tests.faults.checker.judge import _dead_letters, _foreign
from tests.faults.checker.people import Person
from tests.faults.checker.reminders import _missing, _wrong_amount, look_of, paid_before
from tests.faults.checker.rows import judge_rows
from tests.faults.checker.thanks import judge_thanks, payment_ids
from tests.simulation.judges.case import Case, told


def i2_effect_or_dead_letter(case: Case) -> Iterator[str]:
    """Balances, statuses, decisions, messages and dead letters are those the log calls for."""
    yield from told(_findings(case), "lost", "wrong")
    yield from _unsettled(case)
    yield from case.world.scene.defects


def _unsettled(case: Case) -> Iterator[str]:
    """Every message that was asked for has ended, and the log was told how."""
    receipts = {
        (entry.header("ce_id") or "").rpartition("/")[0]
        for entry in case.evidence.inputs
        if entry.topic == "interactions"
    }
    for message in case.outputs.messages:
        row = case.world.tables.dispatches.get(message.id)
        if message.channel not in GATEWAYS:
            continue
        if row is None or row["state"] == "claimed":
            state = "never claimed" if row is None else "still claimed"
            yield f"{message.id}: {message.channel} has not dealt with it: {state}"
        elif row["state"] != "withdrawn" and message.id not in receipts:
            yield f"{message.id} is {row['state']}, and nobody told the log"


def _reminders(case: Case, person: Person) -> Iterator[Finding]:
    """Those that must be there, and what they name. What they must not say or when: I1 and I7."""
    reminders = case.outputs.of(person.id, "reminder")
    for message in reminders:
        unfounded = set(message.invoices) - person.chased()
        if unfounded or not message.invoices:
            yield Finding("wrong", message.id, f"no ground to remind of {sorted(unfounded)}")
            continue
        try:
            ends = look_of(person, message)
        except ValueError:
            continue  # I1 tells
        if not paid_before(person, message, ends):
            yield from _wrong_amount(person, message, ends)
    row = case.evidence.customers.get(person.id) or {}
    step = row.get("next_step") or {}
    if step.get("state") == "waiting" and instant(step["at"]) <= case.now:
        yield Finding("lost", person.id, f"step {step['step']} was due at {step['at']}")
    for finding in _missing(person, reminders, row):
        # A clock that jumps finds every window closed: then the row says what it waits for.
        if not (finding.detail.startswith("no reminder of") and (step or row.get("not_sent"))):
            yield finding


def _thanks(findings: Iterator[Finding], person: Person) -> Iterator[Finding]:
    """One that waits for its window may miss it for days when the clock jumps, and is given up."""
    at_once = {
        event.data["payment_id"]
        for event in person.of_type("payment.received.v1")
        if event.data["method"] in {"link", "card"}
    }
    for finding in findings:
        if finding.kind != "lost" or finding.subject in at_once:
            yield finding


def _findings(case: Case) -> Iterator[Finding]:
    """What the checker of the fault runs finds."""
    evidence, outputs = case.evidence, case.outputs
    repeats = payment_ids(case.intake.repeats)
    yield from _dead_letters(case.intake, evidence)
    yield from _foreign(outputs, case.people)
    for person in case.people.values():
        yield from judge_rows(person, evidence, outputs)
        yield from _reminders(case, person)
        yield from _thanks(judge_thanks(person, outputs, repeats), person)
    yield from judge_applications(case.intake.events, evidence, outputs)
    yield from judge_gateways(evidence, outputs, case.now)
