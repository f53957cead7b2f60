"""Files into events, on a real database and a real broker."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.log_client import LogUnavailable
from domain.events.ledger import DirectDebitFailed
from streams.codec import decode_input
from tests.contract.bank.build import Back, Entry, Report, Status
from tests.integration.bank.rig import Rig


async def test_a_return_becomes_an_event_of_the_contract(rig: Rig) -> None:
    invoice = await rig.invoice("inv")
    named = await rig.collection("col", invoice, attempt=2, payment="pay-1")
    content = Report([Entry([Back(named, charge="3.50")])]).xml()
    done = await rig.take(content)
    ((headers, key, data),) = await rig.events()
    assert headers["ce_source"] == "bank-files"
    assert headers["ce_type"] == "direct-debit.failed.v1"
    assert key == f"{rig.own}customer".encode()
    assert data == {
        "collection_id": named,
        "customer_id": f"{rig.own}customer",
        "invoice_id": invoice,
        "amount": {"minor": 4999, "currency": "EUR"},
        "reason_code": "AM04",
        "failed_at": "2026-06-02T00:00:00Z",
        "debtor_country": "NL",
        "attempt": 2,
        "bank_charge": {"minor": 350, "currency": "EUR"},
        "source_file": done.file["file_id"],
    }
    (record,) = await rig.records()
    assert isinstance(decode_input("failed-direct-debits", record)[1], DirectDebitFailed)
    row = await rig.pool.fetchrow("SELECT * FROM bank_returns WHERE end_to_end_id = $1", named)
    assert (row["stage"], row["settled"], row["payment_id"]) == ("return", True, "pay-1")
    assert row["published_at"] is not None


async def test_the_same_file_twice_is_booked_once(rig: Rig) -> None:
    invoice = await rig.invoice("inv")
    content = Report([Entry([Back(invoice), Back(f"{rig.own}unknown", mandate=None)])]).xml()
    first = await rig.take(content)
    again = await rig.take(content, "another-name.xml")
    assert (first.again, again.again) == (False, True)
    assert first.file["file_id"] == again.file["file_id"]
    assert again.file["times"] == 2
    assert len(await rig.events()) == 1


async def test_the_same_return_in_camt_054_and_camt_053_is_booked_once(rig: Rig) -> None:
    """Though the statement books the whole batch, a day later, with another reference."""
    names = [await rig.invoice(f"inv-{number}") for number in range(3)]
    single = [Entry([Back(name, reference=f"A{name}")]) for name in names]
    assert await rig.counts(Report(single).xml()) == {"booked": 3}
    batch = Entry([Back(name, reference=f"B{name}") for name in names], booked_on="2026-06-03")
    assert await rig.counts(Report([batch], "camt.053.001.02").xml()) == {"already_known": 3}
    assert len(await rig.events()) == 3


async def test_a_months_statement_of_two_alike_returns_books_neither_again(rig: Rig) -> None:
    """One id for every attempt: came back on the 2nd and the 20th, told daily and monthly."""
    name = await rig.invoice("inv")
    days = {"2026-06-02": "A", "2026-06-20": "B"}
    entries = [Entry([Back(name, reference=ref)], booked_on=day) for day, ref in days.items()]
    for entry in entries:
        assert await rig.counts(Report([entry]).xml()) == {"booked": 1}
    month = Report(entries, "camt.053.001.02").xml()
    assert await rig.counts(month) == {"already_known": 2}
    assert len(await rig.events()) == 2


async def test_a_charge_within_the_amount_is_no_second_return(rig: Rig) -> None:
    """The statement shows only the total with the bank's charge."""
    invoice = await rig.invoice("inv")
    named = await rig.collection("col", invoice)
    assert await rig.counts(Report([Entry([Back(named)])]).xml()) == {"booked": 1}
    dear = Report([Entry([Back(named, "53.49", carried_by="amt", charge="3.50")])])
    assert await rig.counts(dear.xml()) == {"already_known": 1}
    assert len(await rig.events()) == 1


async def test_defect_04_two_places_that_glue_to_one_number_are_two_returns(rig: Rig) -> None:
    names: dict[tuple[int, int], str] = {}
    for entry in range(1, 12):
        for item in range(1, 12):
            names[entry, item] = await rig.invoice(f"e{entry}-i{item}")
    entries = [Entry([Back(names[e, i]) for i in range(1, 12)]) for e in range(1, 12)]
    assert await rig.counts(Report(entries).xml()) == {"booked": 121}
    named = {data["collection_id"] for _, _, data in await rig.events()}
    assert {names[1, 11], names[11, 1]} <= named
    assert len(named) == 121


async def test_defect_05_only_tx_amt_and_a_proprietary_reason(rig: Rig) -> None:
    invoice = await rig.invoice("inv")
    back = Back(invoice, carried_by="tx", code=None, proprietary="ABC-7")
    await rig.take(Report([Entry([back])]).xml())
    ((_, _, data),) = await rig.events()
    assert data["amount"] == {"minor": 4999, "currency": "EUR"}
    assert data["reason_proprietary"] == "ABC-7"
    assert "reason_code" not in data


async def test_an_id_used_for_every_attempt_counts_them(rig: Rig) -> None:
    """Weeks apart it is a further attempt; the same one reported again stays one."""
    invoice = await rig.invoice("inv")
    first = Status([Back(invoice)], collected_on="2026-06-01").xml()
    second = Status([Back(invoice, code="MS03")], collected_on="2026-06-15").xml()
    assert await rig.counts(first) == {"booked": 1}
    assert await rig.counts(second) == {"booked": 1}
    assert await rig.counts(second.replace(b"S-1", b"S-2")) == {"already_known": 1}
    assert sorted(data["attempt"] for _, _, data in await rig.events()) == [1, 2]


@pytest.mark.parametrize(
    ("back", "why"),
    [
        ({"end_to_end_id": "nobody", "mandate": None}, "unknown_collection"),
        ({"end_to_end_id": None, "mandate": None}, "no_reference"),
        ({"end_to_end_id": None, "mandate": "M-two"}, "several_invoices"),
        ({"end_to_end_id": "col", "amount": "50.00"}, "amount_differs"),
        ({"end_to_end_id": "col", "mandate": "M-other"}, "mandate_differs"),
        ({"end_to_end_id": "inv-0", "amount": "50.00", "mandate": None}, "amount_differs"),
    ],
)
async def test_a_doubt_is_for_a_person(rig: Rig, back: dict[str, Any], why: str) -> None:
    """Nothing is published; the report names the row."""
    for number in range(2):
        await rig.invoice(f"inv-{number}", mandate=f"{rig.own}M-two")
    await rig.collection("col", f"{rig.own}inv-0", mandate=f"{rig.own}M-col")
    facts = {"mandate": "M-col", "iban": "NL12TEST" + rig.own.upper()} | back
    for name in ("end_to_end_id", "mandate"):
        facts[name] = rig.own + facts[name] if facts.get(name) else None
    done = await rig.take(Report([Entry([Back(**facts)])]).xml())
    assert done.file["counts"]["unmatched"] == 1
    assert [row["why"] for row in done.file["unmatched"]] == [why]
    assert await rig.events() == []


async def test_a_mandate_and_an_amount_name_the_one_invoice(rig: Rig) -> None:
    mandate = f"{rig.own}M"
    invoice = await rig.invoice("inv", mandate=mandate)
    await rig.invoice("other", minor=1000, mandate=mandate)
    assert await rig.counts(Report([Entry([Back(None, mandate=mandate)])]).xml()) == {"booked": 1}
    ((_, _, data),) = await rig.events()
    assert data["invoice_id"] == invoice
    assert data["collection_id"].startswith("bank:")


async def test_pain_002_without_an_amount_takes_that_of_the_collection(rig: Rig) -> None:
    named = await rig.collection("col", await rig.invoice("inv"), minor=1234)
    await rig.take(Status([Back(named, carried_by="none")]).xml())
    ((_, _, data),) = await rig.events()
    assert data["amount"]["minor"] == 1234


async def test_a_refused_file_books_nothing(rig: Rig) -> None:
    """The wrong sum stands at the end, after rows that are sound."""
    names = [await rig.invoice(f"inv-{number}") for number in range(3)]
    sound = Entry([Back(name) for name in names[:2]])
    wrong = Entry([Back(names[2])], batch="1.00")
    done = await rig.take(Report([sound, wrong]).xml())
    assert done.is_rejected
    assert done.file["because"] == "control_sum"
    assert "TtlAmt" in done.file["report"]["refused"]["why"]
    assert await rig.events() == []


async def test_a_return_reported_before_its_invoice_is_booked_when_it_is_known(rig: Rig) -> None:
    """By the same return in another file, or by the importer that looks again."""
    for number, way in enumerate(("file", "watch")):
        name = f"{rig.own}late-{number}"
        content = Report([Entry([Back(name, mandate=None)])]).xml()
        assert await rig.counts(content) == {"unmatched": 1}
        await rig.invoice(f"late-{number}")
        if way == "file":
            later = content.replace(b"M-1", b"M-2")
            assert await rig.counts(later) == {"booked": 1}
        else:
            await rig.watch.round()
    named = {data["collection_id"] for _, _, data in await rig.events()}
    assert named == {f"{rig.own}late-0", f"{rig.own}late-1"}


class _Dying:
    """A log that takes some events and then is gone; what it took is there."""

    def __init__(self, log: Any, takes: int) -> None:
        self._log, self._left = log, takes

    async def publish_many(self, topic: str, records: list[Any]) -> None:
        await self._log.publish_many(topic, records[: self._left])
        raise LogUnavailable("gone")


async def test_a_crash_between_booking_and_marking_repeats_the_same_events(rig: Rig) -> None:
    """Same source and id, same bytes: the product knows them as one."""
    names = [await rig.invoice(f"inv-{number}") for number in range(5)]
    content = Report([Entry([Back(name) for name in names])]).xml()
    rig.outbox._log = _Dying(rig.log, 3)
    with pytest.raises(LogUnavailable):
        await rig.take(content)
    # It dies before it has noted what the broker has acknowledged.
    await rig.pool.execute(
        "UPDATE bank_returns SET published_at = NULL WHERE collection_id = ANY($1)", names
    )
    rig.outbox._log = rig.log
    done = await rig.take(content)
    assert done.file["counts"]["booked"] == 5
    events = await rig.events()
    assert len(events) == 8
    by_id = {headers["ce_id"]: (key, str(data)) for headers, key, data in events}
    assert len(by_id) == 5
    assert all(by_id[headers["ce_id"]] == (key, str(data)) for headers, key, data in events)
