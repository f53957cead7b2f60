"""Mandates: signed, revoked, spoilt by a code, lapsed; and what follows for collections."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.events.actions import MandateSigned
from domain.events.debits import MandateChanged
from tests.unit.collections.story import POLICY, START, Story, eur
from tests.unit.debits.debtors import (
    IBAN,
    act,
    mandate_states,
    owing,
    plan,
    requested,
    signed,
    story,
)
from tests.unit.debits.debtors import rules as retry_rules


def test_md01_revokes_the_mandate_and_a_new_one_is_collected_by() -> None:
    told = owing(story(), code="MD01")
    assert mandate_states(told) == ["active", "revoked"]
    held = plan(told)
    assert held is not None
    assert held.because == "no_mandate"
    told.wait(days=2)
    signed(told, "M-2", signed_on="2026-06-03")
    assert mandate_states(told) == ["active", "revoked", "active"]
    [debit] = requested(told.wait(days=40))
    assert (debit.mandate_id, debit.sequence_type) == ("M-2", "RCUR")


def test_md01_revokes_a_mandate_that_only_the_erp_knew() -> None:
    """From then on no debit by it, although nobody ever told us that it was signed."""
    told = story().customer().invoice(mandate_id="ERP-7").failed(code="MD01")
    assert mandate_states(told) == ["revoked"]
    assert told.view["mandates"][0]["state"] == "revoked"


def test_another_codes_failure_leaves_the_mandate_alone() -> None:
    assert mandate_states(owing(story(), code="AC04")) == ["active"]


def test_a_signature_and_a_revocation_may_come_in_either_order() -> None:
    ends = []
    for first in ("signed", "revoked"):
        told = story().customer()
        for kind in ("signed", "revoked") if first == "signed" else ("revoked", "signed"):
            if kind == "signed":
                signed(told)
            else:
                act(told, "mandate.revoked.v1", mandate_id="M-1")
        ends.append(mandate_states(told)[-1])
    assert ends == ["revoked", "revoked"]


def test_a_reference_is_signed_once() -> None:
    """The same again changes nothing; another account under it is a conflict."""
    told = signed(story().customer())
    assert signed(told).refused == []
    assert signed(told, iban="DE89370400440532013000").refused == ["conflict"]


def test_a_mandate_lapses_when_unused_for_36_months() -> None:
    told = Story(START).customer()
    signed(told, signed_on="2023-06-15")
    assert mandate_states(told) == ["active"]
    told.until(dt.datetime(2026, 6, 14, 21, 59, tzinfo=dt.UTC))
    assert mandate_states(told) == ["active"]
    told.until(dt.datetime(2026, 6, 14, 22, tzinfo=dt.UTC))
    assert mandate_states(told) == ["active", "expired"]


def test_use_keeps_a_mandate_alive() -> None:
    """A debit that failed was a use, too."""
    told = Story(START).customer()
    signed(told, signed_on="2023-06-15").invoice(mandate_id="M-1").failed()
    told.wait(days=60)
    assert mandate_states(told) == ["active"]


def test_a_mandate_signed_for_later_is_pending_until_then() -> None:
    told = Story(START).customer()
    signed(told, signed_on="2026-06-10").wait(days=10)
    assert mandate_states(told) == ["pending", "active"]


@pytest.mark.parametrize(
    ("mandate", "sequence"),
    [
        ({}, "RCUR"),
        ({"kind": "one_off"}, "OOFF"),
        ({"ends_on": "2026-06-20"}, "FNAL"),
        ({"ends_on": "2026-12-31"}, "RCUR"),
    ],
)
def test_sequence_types(mandate: dict[str, str], sequence: str) -> None:
    told = signed(story().customer(), **mandate).invoice(mandate_id="M-1").failed()
    [debit] = requested(told.until(dt.datetime(2026, 6, 24, 5, tzinfo=dt.UTC)))
    assert debit.sequence_type == sequence


def test_the_first_collection_of_a_new_mandate_is_marked_where_wanted() -> None:
    told = story(marks_first=True)
    signed(told.customer(), "M-0").invoice(mandate_id="M-0").failed(code="AC04")
    signed(told.wait(days=1), "M-9", signed_on="2026-06-02")
    [debit] = requested(told.wait(days=30))
    assert (debit.mandate_id, debit.sequence_type) == ("M-9", "FRST")


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"iban": None}, "no_account"),
        ({"mandate_id": "M" * 36}, "mandate_id_not_sepa"),
    ],
)
def test_what_no_bank_file_could_carry_is_not_asked_for(
    fields: dict[str, str | None], because: str
) -> None:
    told = signed(story().customer(), **fields)
    told.invoice(mandate_id=str(fields.get("mandate_id") or "M-1")).failed().wait(days=60)
    held = plan(told)
    assert requested(told) == []
    assert held is not None
    assert held.because == because


def test_an_erp_that_reads_the_topic_may_know_the_account_itself() -> None:
    told = story(needs_account=False).customer().invoice(mandate_id="ERP-7").failed()
    [debit] = requested(told.wait(days=30))
    assert (debit.mandate_id, debit.debtor) == ("ERP-7", None)


def test_a_new_mandate_is_asked_for_once_while_it_is_needed() -> None:
    policy = POLICY.model_copy(update={"retries": retry_rules(asks_new_mandate=True)})
    told = owing(Story(policy=policy), code="MD01")
    told.failed(code="MD01", attempt=2, collection_id="e2e-2")
    assert told.state is not None
    keys = [*told.state.notices.owed, *told.state.notices.sent]
    assert keys == ["debits|new_mandate|e2e-i1|1", "debits|new_mandate|e2e-2|2"]


@pytest.mark.parametrize("iban", ["NL91ABNA0417164301", "nl91abna0417164300", "NL91", ""])
def test_an_account_with_wrong_check_digits_is_refused(iban: str) -> None:
    fields = {"customer_id": "c1", "at": "2026-06-01T09:00:00Z", "by": "a", "mandate_id": "M",
              "signed_on": "2026-06-01"}  # fmt: skip
    assert MandateSigned.model_validate(fields | {"iban": IBAN}).iban == IBAN
    with pytest.raises(ValueError, match="not an IBAN"):
        MandateSigned.model_validate(fields | {"iban": iban})


def test_mandates_that_end_together_end_in_the_order_of_their_ids() -> None:
    """One debit over four invoices: the same events give the same bytes, whatever hashes do."""
    told = Story().customer()
    ids = [f"M-{letter}" for letter in "dbacefg"]
    for mandate_id in ids:
        told.invoice(f"i{mandate_id}", 1000, mandate_id=mandate_id)
    named = [{"invoice_id": f"i{one}", "amount": eur(1000)} for one in ids]
    told.payment("p1", 7000, method="direct_debit", allocations=named)
    told.reversal("p1", 7000, reason_code="MD01")
    ended = [one.data for one in told.published("mandate.changed.v1")]
    assert [one.mandate_id for one in ended if isinstance(one, MandateChanged)] == sorted(ids)
