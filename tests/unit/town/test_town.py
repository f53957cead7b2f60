"""The town's traffic: repeatable, by the contract, and believable."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter

import phonenumbers
import pytest
from schwifty import IBAN

from domain.events import INPUTS
from domain.events.customers import Interaction
from domain.events.ledger import DirectDebitFailed
from simulators.town import Town, TownEvent
from simulators.town.people import person

START = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


def told(count: int, seed: int = 1, **settings: float) -> list[TownEvent]:
    return list(itertools.islice(Town(seed, START, **settings).events(), count))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def many() -> list[TownEvent]:
    return told(12_000, rate=60)


def test_the_same_seed_tells_the_same_story() -> None:
    assert told(500) == told(500)
    assert told(500)[0].value == told(500)[0].value


def test_two_seeds_have_no_id_in_common() -> None:
    one, other = told(2_000, seed=1), told(2_000, seed=2)
    assert not {event.ce_id for event in one} & {event.ce_id for event in other}
    assert not {event.key for event in one} & {event.key for event in other}


def test_every_event_is_one_of_the_contract(many: list[TownEvent]) -> None:
    for event in many:
        data = INPUTS[event.topic][event.ce_type].model_validate_json(event.value, strict=True)
        if event.topic != "applications":
            assert event.key == getattr(data, "customer_id", None)
    assert len({event.ce_id for event in many}) == len(many)


def test_events_come_in_the_order_of_time(many: list[TownEvent]) -> None:
    assert all(one.at <= after.at for one, after in itertools.pairwise(many))


def test_the_rate_is_kept_over_time(many: list[TownEvent]) -> None:
    # The first ten minutes are quieter: late payers still owe their part of the story.
    steady = [
        event for event in told(24_000, rate=20) if event.at - START > dt.timedelta(minutes=11)
    ]
    seconds = (steady[-1].at - steady[0].at).total_seconds()
    assert 0.9 < len(steady) / seconds / 20 < 1.1


def test_failed_debits_come_in_runs() -> None:
    def peak(*, spikes: bool) -> int:
        events = told(12_000, rate=60, spikes=spikes)
        failed = (event for event in events if event.topic == "failed-direct-debits")
        return max(Counter(int((event.at - START).total_seconds()) for event in failed).values())

    assert peak(spikes=True) > 2 * peak(spikes=False)


def test_every_kind_of_event_of_an_erp_occurs(many: list[TownEvent]) -> None:
    types = Counter(event.ce_type for event in many)
    of_people = {name for name, model in INPUTS["interactions"].items() if model is not Interaction}
    expected = {ce_type for topic in INPUTS for ce_type in INPUTS[topic]} - {
        "message.delivered.v1",  # receipts are the dispatchers'
        "message.failed.v1",
        "message.opened.v1",
        *of_people,  # decisions of staff and customers, answers: nobody decides in the town
    }
    assert set(types) == expected


def test_insufficient_funds_leads_the_return_codes(many: list[TownEvent]) -> None:
    failed = [
        DirectDebitFailed.model_validate_json(event.value)
        for event in many
        if event.ce_type == "direct-debit.failed.v1"
    ]
    codes = Counter(one.reason_code for one in failed)
    assert codes.most_common(1)[0][0] == "AM04"
    assert 0.5 < codes["AM04"] / len(failed) < 0.62
    assert any(one.reason_proprietary for one in failed)


def test_people_pay_early_late_and_never(many: list[TownEvent]) -> None:
    paid = {event.data["payment_id"][2:] for event in many if event.topic == "payments"}
    failed = {
        event.data["invoice_id"][2:]
        for event in many
        if event.topic == "failed-direct-debits"
        and event.at < many[-1].at - dt.timedelta(seconds=50)
    }
    assert 0.3 < len(failed & paid) / len(failed) < 0.9


def test_nobody_in_town_is_real() -> None:
    for number in range(300):
        who = person(1, number)
        IBAN(who.iban)
        assert phonenumbers.is_possible_number(phonenumbers.parse(who.mobile))
        assert who.email.split("@")[1] in {"example.org", "example.net"}


def test_a_benchmark_can_have_its_500_events_a_second() -> None:
    events = told(5_000, rate=500, spikes=False)
    per_second = Counter(int((event.at - START).total_seconds()) for event in events)
    assert max(per_second.values()) < 700
