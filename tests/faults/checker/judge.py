"""The judgement: a run's evidence in, every departure from the truth out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.faults.checker.applications import judge_applications
from tests.faults.checker.evidence import Entry, Evidence, Finding
from tests.faults.checker.gateways import judge_gateways
from tests.faults.checker.intake import Intake, sort_inputs
from tests.faults.checker.outputs import Outputs, read_outputs
from tests.faults.checker.people import Person, gather
from tests.faults.checker.reminders import judge_reminders
from tests.faults.checker.rows import judge_rows
from tests.faults.checker.thanks import judge_thanks, payment_ids

#: A dead letter of more than this can be cut.
LETTER_BYTES_MAX = 7_000_000
HEADERS_MAX = 10_000


def judge(evidence: Evidence, ended: datetime | None = None) -> list[Finding]:
    """All findings; none means the run was right. `ended`: when the evidence was taken."""
    intake = sort_inputs(evidence.inputs)
    outputs = read_outputs(evidence.outputs)
    people = gather(intake.events)
    repeats = payment_ids(intake.repeats)
    findings = [*_dead_letters(intake, evidence), *_foreign(outputs, people)]
    for person in people.values():
        findings += judge_rows(person, evidence, outputs)
        findings += judge_reminders(person, outputs, evidence.customers.get(person.id))
        findings += judge_thanks(person, outputs, repeats)
    findings += judge_applications(intake.events, evidence, outputs)
    reopened = {person.id for person in people.values() if person.reopened()}
    findings += judge_gateways(evidence, outputs, ended or datetime.now(UTC), reopened)
    return findings


def _foreign(outputs: Outputs, people: dict[str, Person]) -> Iterator[Finding]:
    for entry in outputs.unreadable:
        yield Finding("wrong", f"{entry.topic}@{entry.offset}", "breaks the contract's form")
    for message in outputs.messages:
        money = message.kind in {"reminder", "thank_you"}
        if money and message.customer not in people:
            yield Finding("wrong", message.id, f"to {message.customer}, whom the log does not know")


def _as_it_came(letter: Entry, record: Entry) -> bool:
    """Byte for byte; of a record too large for the topic a beginning that says how long it was."""
    value, whole = letter.value, record.value
    cut = letter.header("dl_cut")
    if cut is not None and value and whole and len(whole) > LETTER_BYTES_MAX:
        rest = int(cut) - len(whole)  # `dl_cut` counts key and headers, too
        return letter.key == record.key and whole.startswith(value) and 0 <= rest < HEADERS_MAX
    return (letter.key, value) == (record.key, whole)


def _dead_letters(intake: Intake, evidence: Evidence) -> Iterator[Finding]:
    """Each refused input lies there once, for the right reason, as it came; nothing else does."""
    came = {entry.place: entry for entry in evidence.inputs}
    times: Counter[tuple[str, int, int]] = Counter()
    for letter in evidence.dead_letters:
        place = (
            letter.header("dl_topic") or "",
            int(letter.header("dl_partition") or -1),
            int(letter.header("dl_offset") or -1),
        )
        times[place] += 1
        name = "{}[{}]@{}".format(*place)
        reason = letter.header("dl_reason")
        if place not in came:
            yield Finding("wrong", name, f"a dead letter of no input ({reason})")
        elif place not in intake.refused:
            detail = f"refused as {reason}: {letter.header('dl_detail')}"
            yield Finding("lost", name, detail)
        elif reason not in intake.refused[place]:
            yield Finding("wrong", name, f"{reason}, not {sorted(intake.refused[place])}")
        elif not _as_it_came(letter, came[place]):
            yield Finding("wrong", name, "the dead letter is not the record as it came")
    for place, reasons in intake.refused.items():
        name = "{}[{}]@{}".format(*place)
        if not times[place]:
            yield Finding("lost", name, f"neither effect nor dead letter ({sorted(reasons)})")
        elif times[place] > 1:
            yield Finding("wrong", name, f"{times[place]} dead letters")
