"""Stories of applications, and the small things customers do besides paying."""

from __future__ import annotations

from typing import Any

from simulators.town.pen import Pen
from simulators.town.people import pick

_KINDS = (("sim_only", 0.4), ("device", 0.3), ("energy", 0.2), ("bnpl", 0.1))
_CHANNELS = (("web", 0.5), ("shop", 0.25), ("call_centre", 0.15), ("partner", 0.1))
_CONTACT_KINDS = (
    ("call.attempted.v1", 0.5),
    ("conversation.held.v1", 0.35),
    ("contact.opted-out.v1", 0.15),
)


def applies(pen: Pen) -> None:
    """An application: mostly complete, sometimes amended, seldom withdrawn."""
    application_id = f"A-{pen.story_id}"
    known = pen.rng.random() < 0.6
    data = _application(pen, application_id)
    if known:
        data["customer_id"] = pen.who.customer_id
    key = pen.who.customer_id if known else application_id
    amendment = _leave_out(pen, data) if pen.rng.random() < 0.12 else None
    pen.write(0.2, "applications", "application.submitted.v1", data, key)
    if amendment and pen.rng.random() < 0.7:
        after_s = 5 + pen.rng.random() * 60
        patch = {"application_id": application_id} | amendment
        pen.write(after_s, "applications", "application.amended.v1", patch, key)
    elif pen.rng.random() < 0.02:
        withdrawal = {"application_id": application_id, "withdrawn_at": pen.time(10.0)}
        pen.write(10.0, "applications", "application.withdrawn.v1", withdrawal, key)


def moves_house(pen: Pen) -> None:
    """The same customer with another address, and seldom another wish."""
    data = pen.who.customer()
    address = pen.who.address | {"number": str(pen.rng.randint(1, 180))}
    data["contact"] = data["contact"] | {"address": address}
    pen.write(0.5, "customers", "customer.updated.v1", data)


def gets_in_touch(pen: Pen) -> None:
    """A call, a conversation, an opt-out."""
    ce_type = pick(pen.rng, _CONTACT_KINDS)
    channel = pen.rng.choice(("sms", "email")) if "opted-out" in ce_type else "phone"
    more = {"direction": "inbound"} if "conversation" in ce_type else {}
    pen.of_customer(0.3, "interactions", ce_type, channel=channel, at=pen.time(0.3), **more)


def _application(pen: Pen, application_id: str) -> dict[str, Any]:
    kind = pick(pen.rng, _KINDS)
    product: dict[str, Any] = {"code": f"{kind.upper()}-{pen.rng.randint(1, 9)}", "kind": kind}
    data: dict[str, Any] = {
        "application_id": application_id,
        "applicant": {
            "name": pen.who.name,
            "birth_date": pen.who.birth_date,
            "email": pen.who.email,
            "mobile": pen.who.mobile,
            "iban": pen.who.iban,
            "address": pen.who.address,
        },
        "channel": pick(pen.rng, _CHANNELS),
        "product": product,
        "submitted_at": pen.time(0.2),
    }
    if kind != "bnpl":
        product |= {"monthly": pen.money(pen.rng.randint(900, 9_000)), "term_months": 24}
    if kind == "device":
        product["device_credit"] = pen.money(pen.rng.randint(10_000, 110_000))
        data["household"] = _household(pen)
    elif kind == "energy":
        data["attributes"] = {"meter_number": f"87{pen.rng.randint(10**14, 10**15 - 1)}"}
    elif kind == "bnpl":
        price = pen.money(pen.rng.randint(2_000, 30_000))
        product["basket"] = [{"sku": f"S{pen.rng.randint(100, 999)}", "count": 1, "price": price}]
    return data


def _household(pen: Pen) -> dict[str, Any]:
    composition = ("single", "single_with_children", "couple", "couple_with_children")
    return {
        "composition": pen.rng.choice(composition),
        "tenure": pen.rng.choice(("tenant", "owner")),
        "net_income_monthly": pen.money(pen.rng.randint(140_000, 520_000)),
        "housing_cost_monthly": pen.money(pen.rng.randint(45_000, 160_000)),
        "other_loans_monthly": pen.money(pen.rng.choice((0, 0, 0, 12_500, 30_000))),
    }


def _leave_out(pen: Pen, data: dict[str, Any]) -> dict[str, Any]:
    """Take something required out of `data`; gives the merge patch that brings it back."""
    kind = data["product"]["kind"]
    special = {"device": "household", "energy": "attributes"}.get(kind)
    if special:
        return {special: data.pop(special)}
    field = pen.rng.choice(("birth_date", "address"))
    applicant = dict(data["applicant"])
    patch = {"applicant": {field: applicant.pop(field)}}
    data["applicant"] = applicant
    return patch
