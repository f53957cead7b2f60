"""What the customer's view shows of debits: plans, collections, mandates, money not yet safe."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.calendar import local_date
from domain.collections.state import CustomerState, Payment
from domain.debits.candidates import ZONE
from domain.debits.coverage import under_way
from domain.debits.returns import windows_of


def debits_view(state: CustomerState) -> dict[str, Any]:
    """The fields that debits add to the view; none where there is nothing to say."""
    debits = state.debits
    shown: dict[str, Any] = {}
    if debits.plans:
        shown["retries"] = [
            {"invoice_id": key, **plan.model_dump(mode="json", exclude_defaults=True)}
            for key, plan in sorted(debits.plans.items())
        ]
    if debits.collections:
        shown["collections"] = [
            {
                "collection_id": key,
                **one.model_dump(mode="json", exclude_none=True, exclude={"amount_minor"}),
                "amount": {"minor": one.amount_minor, "currency": one.currency},
                "unanswered": one.state == "unanswered",
            }
            for key, one in sorted(debits.collections.items(), key=lambda row: row[1].requested_at)
        ]
    if debits.mandates:
        shown["mandates"] = [
            {
                "mandate_id": key,
                "state": mandate.state,
                "scheme": mandate.signed.scheme if mandate.signed else None,
                "signed_on": mandate.signed.signed_on.isoformat() if mandate.signed else None,
                "iban_last4": _last4(mandate.signed.iban, mandate.signed.iban_last4)
                if mandate.signed
                else None,
            }
            for key, mandate in sorted(debits.mandates.items())
        ]
    return shown


def _last4(iban: str | None, told: str | None) -> str | None:
    return iban[-4:] if iban else told


def being_collected(state: CustomerState, invoice_id: str) -> dict[str, Any]:
    """What an open item shows while a debit for it is on its way: it needs no paying now."""
    if not state.debits.collections:
        return {}
    one = under_way(state.debits).get(invoice_id)
    if one is None:
        return {}
    amount = {"minor": one.amount_minor, "currency": one.currency}
    return {"being_collected": {"collect_on": one.collect_on.isoformat(), "amount": amount}}


def collected(payment: Payment, net: int, now: dt.datetime) -> dict[str, Any]:
    """How safe the money of a direct debit is: it may come back for days, weeks or months."""
    if payment.facts.method != "direct_debit" or not net:
        return {}
    returned_by, refunded_by, disputed_by = windows_of(payment)
    today = local_date(now, ZONE)
    if now < returned_by:
        state = "collected_provisional"
    elif today <= refunded_by:
        state = "collected_refundable"
    else:
        state = "collected"
    return {
        "collection": {
            "state": state,
            "return_until": returned_by.isoformat(),
            "refund_until": refunded_by.isoformat(),
            "unauthorised_until": disputed_by.isoformat(),
        }
    }
