"""The checker flags a loss, a double, a wrong row and a late reminder, and only those."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults import events
from tests.faults.checker.evidence import LOOK_TOPICS, Entry, Evidence, Received, counts
from tests.faults.checker.judge import judge

NOW = datetime.now(UTC)
#: A zone in which it is about noon, so that the window is open whenever this runs.
HOURS = (12 - NOW.hour + 12) % 24 - 12
ZONE = f"Etc/GMT{-HOURS:+d}" if HOURS else "UTC"


class Log:
    """A log in memory, one partition, that stamps offsets."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, outgoing: events.Outgoing) -> Entry:
        offset = sum(one.topic == outgoing.topic for one in self.entries)
        entry = Entry(
            outgoing.topic,
            0,
            offset,
            outgoing.key.encode(),
            outgoing.value,
            outgoing.headers,
            int(NOW.timestamp() * 1000),
        )
        self.entries.append(entry)
        return entry


def said(log: Log, topic: str, kind: str, data: dict[str, Any]) -> None:
    key = data.get("customer_id") or data["application_id"]
    log.add(events.event(topic, kind, data, ce_id=f"out-{len(log.entries)}", key=key))


def message(kind: str, who: str, cause: str, **more: Any) -> dict[str, Any]:
    return {
        "message_id": f"m-{cause}",
        "customer_id": who,
        "kind": kind,
        "channel": "sms",
        "to": "+31600000000",
        "language": "en",
        "body": "…",
        "invoice_ids": [f"i-{who}"],
        "not_after": events.rfc3339(NOW + timedelta(hours=3)),
        "requested_at": events.rfc3339(NOW),
        "caused_by": cause,
    } | more


def look(payments: int) -> list[dict[str, Any]]:
    ends = dict.fromkeys(LOOK_TOPICS, 100) | {"payments": payments}
    return [{"topic": name, "partition": 0, "end_offset": end} for name, end in ends.items()]


def right_run() -> Evidence:
    """Ann owes and is reminded; Ben was reminded, then paid and is thanked; a record is poison."""
    inputs, outputs, dead = Log(), Log(), Log()
    for who in ("ann", "ben"):
        data = events.customer(who, ZONE)
        inputs.add(events.event("customers", "customer.updated.v1", data, ce_id=f"c-{who}"))
        bill = events.invoice(who, f"i-{who}", 4999, -5)
        inputs.add(events.event("invoices", "invoice.issued.v1", bill, ce_id=f"iss-{who}"))
        fail = events.failed_debit(who, f"i-{who}", 4999)
        inputs.add(
            events.event("failed-direct-debits", "direct-debit.failed.v1", fail, ce_id=f"f-{who}")
        )
        reminder = message("reminder", who, f"f-{who}", step=1, amount_due=events.money(4999))
        reminder["last_look"] = look(payments=0)
        said(outputs, "messages.sms", "message.requested.v1", reminder)
        fees = {"customer_id": who, "status": "standard"}
        said(outputs, "fee-status", "fee-status.changed.v1", fees)
    pay = events.payment("ben", "p-ben", 4999)
    for ce_id in ("pay-1", "pay-1", "pay-2"):  # the same event twice, then the same content
        inputs.add(events.event("payments", "payment.received.v1", pay, ce_id=ce_id))
    thanks = message("thank_you", "ben", "pay-1")
    said(outputs, "messages.sms", "message.requested.v1", thanks)
    pay = events.payment("ben", "p-ben", 1)
    bad = inputs.add(events.event("payments", "payment.received.v1", pay, ce_id="pay-3"))
    letter = (
        ("dl_topic", b"payments"),
        ("dl_partition", b"0"),
        ("dl_offset", str(bad.offset).encode()),
        ("dl_reason", b"conflict"),
    )
    dead.entries.append(replace(bad, topic="dead-letters", headers=(*bad.headers, *letter)))
    return Evidence(
        inputs=inputs.entries,
        outputs=outputs.entries,
        dead_letters=dead.entries,
        received=[Received("sms", f"m-{cause}") for cause in ("f-ann", "f-ben", "pay-1")],
        customers={
            "ann": {
                "balance": [events.money(4999)],
                "open": [{**bill, "invoice_id": "i-ann", "open": events.money(4999)}],
            },
            "ben": {"balance": [], "open": []},
        },
        fee_status={who: {"status": "standard"} for who in ("ann", "ben")},
    )


def lose(run: Evidence) -> None:
    del run.received[0]


def double(run: Evidence) -> None:
    run.received.append(run.received[1])


def spoil_a_row(run: Evidence) -> None:
    run.customers["ann"]["balance"] = [events.money(4998)]


def remind_late(run: Evidence) -> None:
    """Ben's reminder now says that it had read his payment."""
    for place, entry in enumerate(run.outputs):
        data = json.loads(entry.value or b"")
        if data.get("caused_by") == "f-ben":
            data["last_look"] = look(payments=1)
            run.outputs[place] = replace(entry, value=json.dumps(data).encode())


def lose_a_dead_letter(run: Evidence) -> None:
    run.dead_letters.clear()


def lose_an_event(run: Evidence) -> None:
    del run.customers["ben"]


def remind_twice(run: Evidence) -> None:
    """Under another message_id, so that no gateway could have noticed."""
    entry = next(one for one in run.outputs if b"f-ann" in (one.value or b""))
    data = json.loads(entry.value or b"") | {"message_id": "another"}
    run.outputs.append(replace(entry, offset=99, value=json.dumps(data).encode()))
    run.received.append(Received("sms", "another"))


def test_a_right_run_has_no_finding() -> None:
    assert judge(right_run()) == []


@pytest.mark.parametrize(
    ("doctor", "kind"),
    [
        (lose, "lost"),
        (lose_a_dead_letter, "lost"),
        (lose_an_event, "lost"),
        (double, "sent twice"),
        (remind_twice, "sent twice"),
        (spoil_a_row, "wrong"),
        (remind_late, "reminded after payment"),
    ],
)
def test_each_defect_is_flagged_as_what_it_is(
    doctor: Callable[[Evidence], None], kind: str
) -> None:
    run = right_run()
    doctor(run)
    found = judge(run)
    assert {one.kind for one in found} == {kind}, found


def test_a_doctored_run_is_flagged_on_each_count() -> None:
    run = right_run()
    for doctor in (lose, double, spoil_a_row, remind_late):
        doctor(run)
    assert counts(judge(run)) == {
        "lost": 1,
        "wrong": 1,
        "sent twice": 1,
        "reminded after payment": 1,
    }


def test_the_checker_knows_nothing_of_the_product() -> None:
    """The judging part: the standard library and itself."""
    allowed = sys.stdlib_module_names | {"tests.faults.checker"}
    for path in Path(__file__).with_name("checker").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                known = name.split(".")[0] in allowed or name.startswith("tests.faults.checker")
                assert known, f"{path.name} imports {name}"
