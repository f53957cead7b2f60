"""The forms of staff's actions: which fields each has, and how they become the action's data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from babel.numbers import get_currency_precision

from api.services import Json

Kind = Literal["day", "money", "select", "invoices", "channels", "text", "running", "count"]
_AMOUNT = re.compile(r"[0-9]{1,9}([.,][0-9]{1,3})?")


class BadForm(Exception):
    """A field that cannot be read: its name, and the text that says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `choices` of a select; `of` names the list of the view a running thing is from."""

    name: str
    kind: Kind
    required: bool = True
    choices: tuple[str, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class ActionForm:
    """One action. `id_field` gets an id of its own, made from the form's nonce."""

    ce_type: str
    fields: tuple[Field, ...] = ()
    id_field: str = ""

    @property
    def slug(self) -> str:
        """As addresses and texts name it."""
        return self.ce_type.removesuffix(".v1").replace(".", "-")


_INVOICES = Field("invoice_ids", "invoices", required=False)
_KINDS = ("dispute", "complaint", "vulnerable", "legal", "other")
FORMS: dict[str, ActionForm] = {
    form.slug: form
    for form in (
        ActionForm("note.added.v1", (Field("text", "text"),), "note_id"),
        ActionForm(
            "hold.placed.v1",
            (Field("kind", "select", choices=_KINDS), _INVOICES, Field("until", "day", False)),
            "hold_id",
        ),
        ActionForm("hold.lifted.v1", (Field("hold_id", "running", of="holds"),)),
        ActionForm(
            "promise.made.v1",
            (Field("amount", "money"), Field("due_on", "day"), _INVOICES),
            "promise_id",
        ),
        ActionForm(
            "plan.agreed.v1",
            (
                Field("count", "count"),
                Field("every", "select", choices=("month", "fortnight", "week")),
                Field("first_on", "day"),
            ),
            "plan_id",
        ),
        ActionForm("promise.withdrawn.v1", (Field("promise_id", "running", of="promises"),)),
        ActionForm("plan.cancelled.v1", (Field("plan_id", "running", of="plans"),)),
        ActionForm(
            "hardship.granted.v1",
            (
                Field(
                    "kind",
                    "select",
                    choices=("breathing_space", "mental_health_crisis", "forbearance"),
                ),
                Field("from", "day"),
                Field("until", "day", False),
            ),
            "hardship_id",
        ),
        ActionForm(
            "hardship.ended.v1",
            (Field("hardship_id", "running", of="hardships"), Field("ended_on", "day")),
        ),
        ActionForm("dispute.opened.v1", (_INVOICES,), "dispute_id"),
        ActionForm(
            "dispute.answered.v1",
            (
                Field("dispute_id", "running", of="disputes"),
                Field("upheld", "select", choices=("no", "yes")),
            ),
        ),
        ActionForm("contact.stopped.v1", (Field("channels", "channels", False),)),
        ActionForm("contact.resumed.v1", (Field("channels", "channels", False),)),
        ActionForm("fee.waived.v1", (Field("fee_id", "running", of="fees"),)),
        ActionForm("debt.written-off.v1", (_INVOICES,)),
        ActionForm("debt.handed-over.v1", (Field("collector", "text"), _INVOICES)),
        ActionForm("debt.recalled.v1", (_INVOICES,)),
    )
}


def data_of(
    form: ActionForm, single: Mapping[str, str], several: Mapping[str, Sequence[str]], currency: str
) -> Json:
    """The fields of the action. Raises BadForm for one that is missing or can't be read."""
    data: Json = {}
    for field in form.fields:
        if field.kind in {"invoices", "channels"}:
            chosen = [value for value in several.get(field.name, ()) if value]
            if chosen:
                data[field.name] = chosen
            elif field.required:
                raise BadForm(field.name, "missing")
            continue
        value = single.get(field.name, "").strip()
        if not value:
            if field.required:
                raise BadForm(field.name, "missing")
            continue
        data[field.name] = _value(field, value, currency)
    return data


def _value(field: Field, value: str, currency: str) -> object:
    if field.kind == "money":
        return {"minor": minor_of(value, currency), "currency": currency}
    if field.kind == "select" and value not in field.choices:
        raise BadForm(field.name, "choice")
    return value == "yes" if field.name == "upheld" else value


def minor_of(text: str, currency: str) -> int:
    """`49,99` as 4999. Raises BadForm for what is no amount, or has too many places."""
    if not _AMOUNT.fullmatch(text):
        raise BadForm("amount", "amount")
    try:
        minor = Decimal(text.replace(",", ".")).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        raise BadForm("amount", "amount") from None
    if minor != int(minor) or minor <= 0:
        raise BadForm("amount", "amount")
    return int(minor)
