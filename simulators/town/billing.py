"""Stories of invoices: paid on time, debits that fail, bills that are overdue."""

from __future__ import annotations

from simulators.town.pen import Pen
from simulators.town.people import pick

#: How often banks return a debit for what: insufficient funds leads by far (D7 names the codes).
RETURN_CODES = (
    ("AM04", 0.56),
    ("MS03", 0.12),
    ("MD06", 0.10),
    ("AC04", 0.05),
    ("MD01", 0.05),
    ("MS02", 0.03),
    ("AC06", 0.02),
    ("AC01", 0.02),
    ("SL01", 0.01),
    ("AG01", 0.01),
    ("AG02", 0.01),
    ("FF01", 0.005),
    ("MD07", 0.005),
    (None, 0.01),  # a bank's own code
)
_KINDS = (
    (("subscription", 1_500, 6_500), 0.6),
    (("device_instalment", 1_000, 4_500), 0.2),
    (("energy", 8_000, 26_000), 0.15),
    (("purchase", 2_500, 40_000), 0.05),
)
#: An early payer pays while the message is still fresh, a late one after a while (real seconds).
_EARLY_S = (3.0, 45.0)
_LATE_S = (60.0, 600.0)


def paid_on_time(pen: Pen) -> None:
    """The normal case: a debit that goes through."""
    invoice_id, minor = _invoice(pen, "direct_debit", due_in_days=0)
    _payment(pen, 0.4 + pen.rng.random() * 2, minor, invoice_id, "direct_debit")


def debit_fails(pen: Pen) -> None:
    """A debit comes back; then the person does what the person does."""
    invoice_id, minor = _invoice(pen, "direct_debit", due_in_days=0)
    # Banks and ERP are not in step: now and then the failure is there before the invoice.
    failed_s = 0.3 if pen.rng.random() > 0.02 else 0.0
    _failure(pen, failed_s, invoice_id, minor, attempt=1)
    if pen.rng.random() < 0.08:
        _failure(pen, 30 + pen.rng.random() * 60, invoice_id, minor, attempt=2)
    if pen.rng.random() < 0.05:
        pen.of_customer(2.0, "interactions", "link.clicked.v1", channel="sms", at=pen.time(2.0))
    _settle(pen, invoice_id, minor)


def bill_is_overdue(pen: Pen) -> None:
    """A bill to be paid by link or transfer whose day has passed."""
    method = pen.rng.choice(("link", "transfer"))
    invoice_id, minor = _invoice(pen, method, due_in_days=-pen.rng.randint(1, 40))
    _settle(pen, invoice_id, minor)


def credited(pen: Pen) -> None:
    """A bill that is taken back, wholly or in part."""
    invoice_id, minor = _invoice(pen, "transfer", due_in_days=14)
    pen.of_customer(
        1.0,
        "invoices",
        "invoice.credited.v1",
        invoice_id=invoice_id,
        amount=pen.money(minor if pen.rng.random() < 0.5 else minor // 2),
        credited_at=pen.time(1.0),
    )


def _invoice(pen: Pen, method: str, due_in_days: int) -> tuple[str, int]:
    kind, lowest, highest = pick(pen.rng, _KINDS)
    minor = pen.rng.randint(lowest, highest)
    invoice_id = f"I-{pen.story_id}"
    mandate = {"mandate_id": f"M-{pen.who.customer_id}"} if method == "direct_debit" else {}
    pen.of_customer(
        0.1,
        "invoices",
        "invoice.issued.v1",
        invoice_id=invoice_id,
        amount=pen.money(minor),
        issued_on=pen.day(due_in_days - 14),
        due_on=pen.day(due_in_days),
        kind=kind,
        payment_method=method,
        **mandate,
    )
    return invoice_id, minor


def _failure(pen: Pen, after_s: float, invoice_id: str, minor: int, attempt: int) -> None:
    code = pick(pen.rng, RETURN_CODES)
    reason = {"reason_code": code} if code else {"reason_proprietary": "BANK-914"}
    pen.of_customer(
        after_s,
        "failed-direct-debits",
        "direct-debit.failed.v1",
        collection_id=f"E2E-{pen.story_id}-{attempt}",
        invoice_id=invoice_id,
        amount=pen.money(minor),
        failed_at=pen.time(after_s),
        debtor_country=pen.who.land.country,
        attempt=attempt,
        **reason,
    )


def _settle(pen: Pen, invoice_id: str, minor: int) -> None:
    habit = pen.who.habit
    if habit == "never":
        return
    after_s = pen.rng.uniform(*(_EARLY_S if habit == "early" else _LATE_S))
    method = pen.rng.choices(("link", "transfer", "card"), (0.6, 0.3, 0.1))[0]
    if habit == "part":
        _payment(pen, after_s, minor // 3, invoice_id, method)
        return
    if pen.rng.random() < 0.04:
        # Known from the bank at once, final only later: the same payment twice.
        _payment(pen, after_s, minor, invoice_id, method, provisional=True)
        _payment(pen, after_s + 20, minor, invoice_id, method)
        return
    _payment(pen, after_s, minor, invoice_id, method)
    if pen.rng.random() < 0.01:
        pen.of_customer(
            after_s + 15,
            "payments",
            "payment.reversed.v1",
            payment_id=f"P-{pen.story_id}",
            amount=pen.money(minor),
            reversed_at=pen.time(after_s + 15),
            reason_code="MD06",
        )


def _payment(
    pen: Pen, after_s: float, minor: int, invoice_id: str, method: str, *, provisional: bool = False
) -> None:
    payment: dict[str, object] = {
        "payment_id": f"P-{pen.story_id}",
        "amount": pen.money(minor),
        "received_at": pen.time(after_s),
        "method": method,
    }
    if provisional:
        payment["provisional"] = True
    if pen.rng.random() < 0.7:
        payment["allocations"] = [{"invoice_id": invoice_id, "amount": pen.money(minor)}]
    pen.of_customer(after_s, "payments", "payment.received.v1", **payment)
