"""Which fields an event must have, and what may stand in them: written from the contract's text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from tests.faults.checker.evidence import instant

Check = Callable[[Any], object]


def text(value: Any) -> object:
    if not isinstance(value, str) or not 0 < len(value) <= 1000:
        raise ValueError("text")
    return value


def _money(value: Any) -> object:
    minor, currency = value["minor"], value["currency"]
    if type(minor) is not int or minor <= 0 or currency == "ZZZ":
        raise ValueError("money")
    return re.fullmatch("[A-Z]{3}", currency) or _fail()


def _fail() -> object:
    raise ValueError("pattern")


def _one_of(*names: str) -> Check:
    return lambda value: value in names or _fail()


def _whole(value: Any) -> object:
    return (type(value) is int and value >= 1) or _fail()


def _truth(value: Any) -> object:
    return isinstance(value, bool) or _fail()


def _object(value: Any) -> object:
    return isinstance(value, dict) or _fail()


_METHOD = _one_of("direct_debit", "link", "transfer", "card")
_ACTIVITY: dict[str, Check] = {"customer_id": text, "channel": text, "at": instant}
#: (topic, type) -> required fields. The optional ones our load uses are in OPTIONAL.
REQUIRED: dict[tuple[str, str], dict[str, Check]] = {
    ("customers", "customer.updated.v1"): {
        "customer_id": text,
        "name": _object,
        "birth_date": date.fromisoformat,
        "language": text,
        "country": lambda v: re.fullmatch("[A-Z]{2}", v) or _fail(),
        "timezone": text,
        "contact": _object,
        "customer_since": date.fromisoformat,
    },
    ("invoices", "invoice.issued.v1"): {
        "invoice_id": text,
        "customer_id": text,
        "amount": _money,
        "issued_on": date.fromisoformat,
        "due_on": date.fromisoformat,
        "kind": _one_of("subscription", "device_instalment", "energy", "purchase", "fee"),
        "payment_method": _one_of("direct_debit", "link", "transfer"),
    },
    ("invoices", "invoice.credited.v1"): {
        "invoice_id": text,
        "customer_id": text,
        "amount": _money,
        "credited_at": instant,
    },
    ("payments", "payment.received.v1"): {
        "payment_id": text,
        "customer_id": text,
        "amount": _money,
        "received_at": instant,
        "method": _METHOD,
    },
    ("payments", "payment.reversed.v1"): {
        "payment_id": text,
        "customer_id": text,
        "amount": _money,
        "reversed_at": instant,
    },
    ("failed-direct-debits", "direct-debit.failed.v1"): {
        "collection_id": text,
        "customer_id": text,
        "invoice_id": text,
        "amount": _money,
        "failed_at": instant,
        "debtor_country": text,
        "attempt": _whole,
    },
    ("applications", "application.submitted.v1"): {
        "application_id": text,
        "applicant": _object,
        "channel": text,
        "product": _object,
        "submitted_at": instant,
    },
    ("applications", "application.amended.v1"): {"application_id": text},
    ("applications", "application.withdrawn.v1"): {
        "application_id": text,
        "withdrawn_at": instant,
    },
    **{
        ("interactions", f"{name}.v1"): _ACTIVITY
        for name in (
            "message.delivered",
            "message.failed",
            "message.opened",
            "link.clicked",
            "contact.opted-out",
            "call.attempted",
            "conversation.held",
        )
    },
}
OPTIONAL: dict[str, Check] = {"provisional": _truth}
