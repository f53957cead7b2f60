"""The main job from outside, over the wire, on every real server: contract sections 2 to 5."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.integration.outside.outsider import Outsider, until
from tests.simulation.town_hall import application, customer, failed, invoice, payment


def somebody(number: int) -> tuple[str, str]:
    """A customer id and a mobile nobody else in the run has."""
    return f"c-{uuid.uuid4().hex[:10]}", f"+3160000{number:04d}"


def fall_behind(outsider: Outsider, name: str, mobile: str, **changes: Any) -> None:
    """A customer whose direct debit has failed."""
    who = customer(name, contact={"mobile": mobile}, **changes)
    outsider.publish("customers", "customer.updated.v1", who)
    outsider.publish("invoices", "invoice.issued.v1", invoice(name, f"i-{name}"))
    outsider.publish("failed-direct-debits", "direct-debit.failed.v1", failed(name, f"i-{name}"))


def texts(outsider: Outsider, mobile: str, count: int) -> list[dict[str, Any]]:
    """What the SMS gateway accepted for the mobile, once it is `count` messages."""

    def enough() -> list[dict[str, Any]] | None:
        found = outsider.received("sms", mobile)
        return found if len(found) >= count else None

    return until(enough, f"{count} SMS")


def test_reminder_steps_payment_and_thanks(outsider: Outsider) -> None:
    """Reminded at once and after 7 days; the payment ends it with one thank-you."""
    name, mobile = somebody(1)
    fall_behind(outsider, name, mobile)
    [first] = texts(outsider, mobile, 1)
    row = outsider.api(f"/api/v1/customers/{name}")
    assert row["customer_id"] == name
    assert row["balance"] == [{"minor": 4999, "currency": "EUR"}]
    assert [(i["invoice_id"], i["open"]["minor"]) for i in row["open"]] == [(f"i-{name}", 4999)]
    assert {"as_of", "not_sent"} <= set(row)

    outsider.advance("P7D")
    [_, second] = texts(outsider, mobile, 2)
    assert second["body"] != first["body"]

    paid = payment(name, f"p-{name}", allocations=None) | {"received_at": "2026-06-08T09:00:00Z"}
    paid.pop("allocations")
    outsider.publish("payments", "payment.received.v1", paid)
    outsider.publish("payments", "payment.received.v1", paid)
    texts(outsider, mobile, 3)
    outsider.advance("P10D")
    assert len(outsider.received("sms", mobile)) == 3
    row = outsider.api(f"/api/v1/customers/{name}")
    assert row["balance"] == []
    assert row["open"] == []


def test_messages_on_the_topic_carry_their_last_look(outsider: Outsider) -> None:
    """Binary CloudEvents, and offsets of the four topics of the customer's partition."""
    name, mobile = somebody(2)
    fall_behind(outsider, name, mobile)
    [received] = texts(outsider, mobile, 1)
    requests = [
        (headers, json.loads(value)) for headers, value in outsider.read("messages.sms") if value
    ]
    [(headers, message)] = [
        (headers, data)
        for headers, data in requests
        if data["message_id"] == received["message_id"]
    ]
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"message.requested.v1"
    assert message["kind"] == "reminder"
    assert message["amount_due"] == {"minor": 4999, "currency": "EUR"}
    assert {look["topic"] for look in message["last_look"]} == {
        "payments",
        "invoices",
        "customers",
        "interactions",
    }
    assert len({look["partition"] for look in message["last_look"]}) == 1


def test_an_application_is_decided_as_the_bureaus_say(outsider: Outsider) -> None:
    """Fixed answers by family name; live rows of application and decision by id."""
    outsider.simulator(
        "bureaus", "/answers", {"provider": "*", "family": "Rood", "answer": {"score": 150}}
    )
    name = f"a-{uuid.uuid4().hex[:10]}"
    data = application(name)
    data["applicant"] = data["applicant"] | {"name": {"given": "R", "family": "Rood"}}
    outsider.publish("applications", "application.submitted.v1", data, key=name)

    def decided() -> dict[str, Any] | None:
        found = [json.loads(v) for _, v in outsider.read("decisions") if v]
        return next((d for d in found if d["application_id"] == name), None)

    decision = until(decided, "the decision")
    assert (decision["outcome"], decision["light"]) == ("reject", "red")
    assert decision["reasons"]
    assert [check["provider"] for check in decision["checks"]] == ["bkr", "experian", "infoscore"]
    live = until(
        lambda: outsider.api(f"/api/v1/decisions/{decision['decision_id']}"), "the live decision"
    )
    assert live["decision_id"] == decision["decision_id"]
    assert outsider.api(f"/api/v1/applications/{name}")["application_id"] == name


def test_a_hanging_bureau_is_decided_by_the_deadline_and_degraded(outsider: Outsider) -> None:
    """Five seconds of real time; never accepted on absence."""
    outsider.simulator("bureaus", "/faults", {"provider": "bkr", "hang": True})
    try:
        name = f"a-{uuid.uuid4().hex[:10]}"
        data = application(name)
        data["applicant"] = data["applicant"] | {"name": {"given": "H", "family": name}}
        outsider.publish("applications", "application.submitted.v1", data, key=name)

        def decided() -> dict[str, Any] | None:
            found = [json.loads(v) for _, v in outsider.read("decisions") if v]
            return next((d for d in found if d["application_id"] == name), None)

        decision = until(decided, "the decision")
        assert decision["outcome"] == "refer"
        assert decision["degraded"] is True
        assert decision["checks"][0]["status"] == "timeout"
    finally:
        outsider.simulator("bureaus", "/faults", {})


def test_fee_status_is_the_event_and_as_of(outsider: Outsider) -> None:
    """The live row has every field of the event."""
    name, mobile = somebody(3)
    fall_behind(outsider, name, mobile)
    texts(outsider, mobile, 1)
    status = outsider.api(f"/api/v1/fee-status/{name}")
    assert {"customer_id", "status", "rule", "fees", "changed_at", "as_of"} <= set(status)


def test_the_case_can_be_asked_for_by_its_id(outsider: Outsider) -> None:
    """Where the id is not the key, an index finds it."""
    name, mobile = somebody(4)
    fall_behind(outsider, name, mobile)
    texts(outsider, mobile, 1)
    cases = [json.loads(value) for _, value in outsider.read("cases") if value]
    mine = [case for case in cases if case["customer_id"] == name]
    assert mine[0]["previous"] is None
    live = outsider.api(f"/api/v1/cases/{mine[0]['case_id']}")
    assert live["state"] == mine[-1]["state"]


def test_poison_is_a_dead_letter_and_the_next_event_goes_through(outsider: Outsider) -> None:
    """As it came, with where and why."""
    name, mobile = somebody(5)
    outsider.publish_raw("payments", name, b"\xffgarbage", [("ce_specversion", b"1.0")])
    fall_behind(outsider, name, mobile)
    texts(outsider, mobile, 1)
    letters = [(h, v) for h, v in outsider.read("dead-letters") if v == b"\xffgarbage"]
    [(headers, _)] = letters
    assert headers["dl_topic"] == b"payments"
    assert headers["dl_reason"] == b"bad_envelope"


def test_structured_mode_and_at_night_by_mail(outsider: Outsider) -> None:
    """A customer who prefers mail gets it with its X-Message-Id."""
    name, _ = somebody(6)
    address = f"{name}@example.org"
    who = customer(name, contact={"email": address}, language="de", country="DE")
    outsider.publish("customers", "customer.updated.v1", who, structured=True)
    outsider.publish("invoices", "invoice.issued.v1", invoice(name, f"i-{name}"), structured=True)
    outsider.publish("failed-direct-debits", "direct-debit.failed.v1", failed(name, f"i-{name}"))
    [mail] = until(lambda: outsider.received("email", address), "the mail")
    assert mail["message_id"].startswith("r-")
    assert "offen" in mail["body"]


def test_clock_refuses_to_go_back_and_nonsense(outsider: Outsider) -> None:
    """409 for going back, 400 for what is no duration."""
    now = outsider.api("/api/v1/clock")["now"]
    assert outsider.status("/api/v1/clock", {"to": "2026-05-01T00:00:00Z"}) == 409
    assert outsider.status("/api/v1/clock", {"advance": "a while"}) == 400
    assert outsider.api("/api/v1/clock")["now"] == now


def test_the_api_needs_its_key_and_knows_what_it_does_not_know(outsider: Outsider) -> None:
    """401 without, 404 for a stranger."""
    key, outsider.info["api_key"] = outsider.info["api_key"], "wrong"
    try:
        assert outsider.status("/api/v1/customers/nobody") == 401
    finally:
        outsider.info["api_key"] = key
    assert outsider.status("/api/v1/customers/nobody") == 404
