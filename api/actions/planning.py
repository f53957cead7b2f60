"""A payment plan that staff agree on: all that is open in equal instalments.

The bounds of self-service don't bind staff; their reason is kept with the plan.
"""

from __future__ import annotations

import datetime as dt

from api.actions.forms import BadForm
from api.services import Json
from domain.arrangements.proposing import Wishes, amounts_of, days_of
from domain.events.base import YEAR_MAX, YEAR_MIN

COUNT_MIN, COUNT_MAX = 2, 60
_DIGITS_MAX = 4


def plan_of(data: Json, view: Json, currency: str) -> Json:
    """The fields of `plan.agreed.v1` from those of the form. Raises BadForm."""
    text = str(data["count"])
    is_count = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    if not is_count or not COUNT_MIN <= int(text) <= COUNT_MAX:
        raise BadForm("count", "count")
    try:
        first = dt.date.fromisoformat(str(data["first_on"]))
    except ValueError:
        raise BadForm("first_on", "missing") from None
    if not YEAR_MIN <= first.year < YEAR_MAX - COUNT_MAX:
        raise BadForm("first_on", "missing")
    given_up = {one["invoice_id"] for one in view.get("given_up", ())}
    items = [
        one
        for one in view["open"]
        if one["open"]["currency"] == currency and one["invoice_id"] not in given_up
    ]
    debt = sum(one["open"]["minor"] for one in items)
    if debt < int(text):
        raise BadForm("count", "nothing_open")
    wishes = Wishes.model_validate({"count": int(text), "every": data["every"]})
    return {
        "currency": currency,
        "invoice_ids": [one["invoice_id"] for one in items],
        "instalments": [
            {"due_on": day.isoformat(), "amount": {"minor": minor, "currency": currency}}
            for day, minor in zip(
                days_of(first, wishes), amounts_of(debt, wishes.count), strict=True
            )
        ],
    }
