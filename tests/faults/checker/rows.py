"""The live rows against the recomputed ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.faults.checker.evidence import Evidence, Finding
from tests.faults.checker.outputs import Outputs
from tests.faults.checker.people import Person


def judge_rows(person: Person, evidence: Evidence, outputs: Outputs) -> Iterator[Finding]:
    """Balance, open invoices and fee status of one customer."""
    if person.facts() is None:
        return  # a customer nobody has described yet: their events wait
    yield from _customer(person, evidence.customers.get(person.id))
    yield from _fee_status(person, evidence, outputs)


def _customer(person: Person, row: Any) -> Iterator[Finding]:
    ledger = person.ledger()
    if row is None:
        yield Finding("lost", person.id, "no row of the customer")
        return
    balance = {one["currency"]: one["minor"] for one in row["balance"] if one["minor"]}
    if balance != ledger.balance():
        yield Finding("wrong", person.id, f"balance {balance}, truth {ledger.balance()}")
    shown = {one["invoice_id"]: _minor(one["open"]) for one in row["open"] if _minor(one["open"])}
    if shown != ledger.still_open():
        yield Finding("wrong", person.id, f"open {shown}, truth {ledger.still_open()}")
    for one in row["open"]:
        due = ledger.due_on.get(one["invoice_id"])
        if due is not None and one["due_on"] != due:
            yield Finding("wrong", person.id, f"{one['invoice_id']} due {one['due_on']}, not {due}")


def _minor(amount: Any) -> int:
    return int(amount["minor"] if isinstance(amount, dict) else amount)


def _fee_status(person: Person, evidence: Evidence, outputs: Outputs) -> Iterator[Finding]:
    row = evidence.fee_status.get(person.id)
    if row is None:
        yield Finding("lost", person.id, "no fee status")
        return
    published = outputs.fee_status.get(person.id, [])
    if not published:
        yield Finding("lost", person.id, f"fee status {row.get('status')} was never published")
    elif published[-1]["status"] != row.get("status"):
        detail = f"fee status {row.get('status')}, last published {published[-1]['status']}"
        yield Finding("wrong", person.id, detail)
