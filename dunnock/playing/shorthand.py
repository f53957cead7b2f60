"""Short forms of events: what a story leaves out is filled in with what is usual.

A `customer` told again changes only what is named; an invoice falls due three days before the
present, a debit fails on the newest invoice, a payment pays it. Every field can be written out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.events import INPUTS
from dunnock.embedded.problems import Problem
from dunnock.playing.frame import instant_text
from dunnock.playing.money import with_money
from dunnock.playing.people import currency_of, somebody

_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Event:
    """One event to publish, in the story's ids and times. `data` None: `raw` is the value."""

    topic: str
    ce_type: str
    key: str
    data: dict[str, Any] | None
    ce_id: str
    at: dt.datetime
    raw: str = ""


class Shorthand:
    """Remembers what was told, so that a story need not repeat it."""

    def __init__(self) -> None:
        self.main = ""
        """The first customer: whom a step is about that names nobody."""
        self.customers: dict[str, dict[str, Any]] = {}
        self._invoices: dict[str, dict[str, Any]] = {}
        self._payments: dict[str, dict[str, Any]] = {}
        self._attempts: dict[str, int] = {}
        self._count = 0

    def event(self, kind: str, body: dict[str, Any], now: dt.datetime) -> Event:
        """The event of a short form. Raises Problem for one that cannot be filled in."""
        if not isinstance(body, dict):
            raise Problem(f"{kind} is a table, not {body!r}.")
        self._count += 1
        body = dict(body)
        ce_id = str(body.pop("ce_id", f"e{self._count:03d}"))
        at = _instant(body.pop("ce_time", None), now)
        if kind == "publish":
            return self._raw(body, ce_id, at)
        topic, ce_type, fill = EVENTS[kind]
        filled = fill(self, with_money(body), now)
        ce_type = filled.pop("type", ce_type)
        _refuse_unknown(topic, ce_type, filled)
        return Event(topic, ce_type, filled["customer_id"], filled, ce_id, at)

    def _raw(self, body: dict[str, Any], ce_id: str, at: dt.datetime) -> Event:
        data = body.get("data")
        key = body.get("key") or (data or {}).get("customer_id") or self.main
        topic, value = str(body.get("topic", "")), str(body.get("value", ""))
        if not topic:
            raise Problem("publish needs a topic.")
        return Event(topic, str(body.get("type", "")), str(key), data, ce_id, at, value)

    # -- the forms -------------------------------------------------------------------------

    def customer(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{id, country, …}`."""
        name = str(body.pop("id", self.main or "anna"))
        self.main = self.main or name
        known = self.customers.get(name)
        if known is None:
            known = somebody(name, body.get("country", "NL"))
        self.customers[name] = {**known, **body}
        return dict(self.customers[name])

    def invoice(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{id, amount, due_on, payment_method, …}`."""
        customer = self._customer(body)
        name = str(body.pop("id", f"i{len(self._invoices) + 1}"))
        currency = currency_of(self.customers.get(customer, {}).get("country", "NL"))
        due = dt.date.fromisoformat(str(body.pop("due_on", now.date() - dt.timedelta(days=3))))
        filled = {
            "invoice_id": name,
            "customer_id": customer,
            "amount": {"minor": 4999, "currency": currency},
            "issued_on": (due - dt.timedelta(days=14)).isoformat(),
            "due_on": due.isoformat(),
            "kind": "subscription",
            "payment_method": "direct_debit",
        } | body
        self._invoices[name] = filled
        return dict(filled)

    def credit(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{invoice, amount}`."""
        invoice = self._invoice(body)
        whole = {"invoice_id": invoice["invoice_id"], "customer_id": invoice["customer_id"]}
        at = {"amount": invoice["amount"], "credited_at": instant_text(now)}
        return {**whole, **at, **body}

    def failed_debit(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{invoice, code, attempt}`; `proprietary` instead of `code` for a bank's own reason."""
        invoice = self._invoice(body)
        name, customer = invoice["invoice_id"], invoice["customer_id"]
        self._attempts[name] = self._attempts.get(name, 0) + 1
        own = body.pop("proprietary", None)
        code = body.pop("code", "AM04")
        why = {"reason_proprietary": own} if own else {"reason_code": code}
        return {
            "collection_id": f"e2e-{name}",
            "customer_id": customer,
            "invoice_id": name,
            "amount": invoice["amount"],
            **why,
            "failed_at": instant_text(now - _HOUR),
            "debtor_country": self.customers.get(customer, {}).get("country", "NL"),
            "attempt": self._attempts[name],
        } | body

    def payment(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{id, amount, method, for, provisional}`; `for` an invoice: allocated to it alone."""
        target = body.pop("for", None)
        customer = self._customer(body)
        if target is not None:
            invoice = self._invoice({"invoice": target})
        else:
            mine = [i for i in self._invoices.values() if i["customer_id"] == customer]
            invoice = mine[-1] if mine else {"amount": {"minor": 4999, "currency": "EUR"}}
        name = str(body.pop("id", f"p{len(self._payments) + 1}"))
        filled = {
            "payment_id": name,
            "customer_id": invoice.get("customer_id", customer),
            "amount": invoice["amount"],
            "received_at": instant_text(now),
            "method": "link",
        } | body
        if target is not None:
            filled["allocations"] = [{"invoice_id": str(target), "amount": filled["amount"]}]
        if name in self._payments:  # the same money again, say settled now: its facts stay
            filled = {**self._payments[name], **body}
        self._payments[name] = filled
        return dict(filled)

    def reversal(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{payment, amount, code}`."""
        name = str(body.pop("payment", next(reversed(self._payments), "p1")))
        payment = self._payments.get(name, {"customer_id": self._customer(body)})
        code = body.pop("code", None)
        filled = {
            "payment_id": name,
            "customer_id": payment["customer_id"],
            "amount": payment.get("amount", {"minor": 4999, "currency": "EUR"}),
            "reversed_at": instant_text(now),
        }
        return filled | ({"reason_code": code} if code else {}) | body

    def interaction(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{type, channel, message_id, …}`: `contact.opted-out.v1`, `call.attempted.v1`, …"""
        if "type" not in body:
            raise Problem("interaction and action need a type, such as contact.opted-out.v1.")
        filled = {"customer_id": self._customer(body), "channel": "sms", "at": instant_text(now)}
        return filled | body

    def action(self, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
        """`{type, by, …}`: a hold, a promise, a plan, of staff or of the customer."""
        by = {"by": "agent-1"} | body
        filled = self.interaction(by, now)
        filled.pop("channel") if "channel" not in body else None
        return filled

    # -- what was told before --------------------------------------------------------------

    def _customer(self, body: dict[str, Any]) -> str:
        return str(body.pop("customer", self.main or "anna"))

    def _invoice(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.pop("invoice", next(reversed(self._invoices), "i1")))
        if name not in self._invoices:  # an event may come before its invoice, or without one
            customer = self._customer(body)
            amount = {"minor": 4999, "currency": "EUR"}
            return {"invoice_id": name, "customer_id": customer, "amount": amount}
        body.pop("customer", None)
        return self._invoices[name]


def _refuse_unknown(topic: str, ce_type: str, filled: dict[str, Any]) -> None:
    """The contract ignores unknown fields; in a story one is a slip of the pen."""
    model = INPUTS[topic].get(ce_type)
    if model is None:
        raise Problem(f"{topic} has no events {ce_type!r}: it has {', '.join(INPUTS[topic])}.")
    known = {field.alias or name for name, field in model.model_fields.items()}
    if unknown := sorted(set(filled) - known):
        raise Problem(f"{ce_type} has no {', '.join(unknown)}: it has {', '.join(sorted(known))}.")


def _instant(text: Any, now: dt.datetime) -> dt.datetime:
    return now if text is None else dt.datetime.fromisoformat(str(text))


Fill = Callable[[Shorthand, dict[str, Any], dt.datetime], dict[str, Any]]


def _never(_: Shorthand, body: dict[str, Any], __: dt.datetime) -> dict[str, Any]:
    raise AssertionError(f"raw events are not filled in: {body}")


#: Kind in a story -> topic, type, and how it is filled in.
EVENTS: dict[str, tuple[str, str, Fill]] = {
    "customer": ("customers", "customer.updated.v1", Shorthand.customer),
    "invoice": ("invoices", "invoice.issued.v1", Shorthand.invoice),
    "credit": ("invoices", "invoice.credited.v1", Shorthand.credit),
    "failed_debit": ("failed-direct-debits", "direct-debit.failed.v1", Shorthand.failed_debit),
    "payment": ("payments", "payment.received.v1", Shorthand.payment),
    "reversal": ("payments", "payment.reversed.v1", Shorthand.reversal),
    "interaction": ("interactions", "", Shorthand.interaction),
    "action": ("interactions", "", Shorthand.action),
    "publish": ("", "", _never),
}
