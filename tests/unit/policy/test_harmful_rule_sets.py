"""No published rule set ends a worker: what could is refused as unsound when it is read."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from agents.current_rules import CurrentRules
from agents.keep_policies import TABLE, VERSIONS, KeepPolicies
from domain import rulesets
from domain.drafts import body_of, check, document_of
from domain.events.base import is_zone
from domain.rulesets import RULE_SETS, parse, starting_of
from streams.codec import BadRecord
from streams.core.logic import Context
from streams.core.records import Record
from tests.unit.collections.story import POLICY


def _document(rule_set: str, version: int = 2, **changes: Any) -> bytes:
    return document_of(rule_set, version, "", body_of(starting_of(POLICY, rule_set)) | changes)


def _reminders(**changes: Any) -> bytes:
    row = body_of(POLICY.reminders)["rows"][0]
    return _document("reminders", rows=[row | changes])


def _retries(**changes: Any) -> bytes:
    row = body_of(POLICY.retries)["rows"][0]
    return _document("retries", rows=[row | changes])


def _hours(**changes: Any) -> bytes:
    rule = {
        "id": "here-days",
        "kind": "hours",
        "jurisdiction": "NL",
        "valid_from": "2026-01-01",
        "source": "test",
        "days": ["mon"],
    }
    return _document("contact", rules=[rule | changes])


@pytest.mark.parametrize("time", ["08:00:00Z", "08:00:00+02:00", "08:00:00.5", "24:00", 28_800])
@pytest.mark.parametrize(
    ("rule_set", "make", "field"),
    [
        ("reminders", _reminders, "window_opens"),
        ("reminders", _reminders, "window_closes"),
        ("retries", _retries, "submit_at"),
        ("retries", _retries, "cut_off"),
        ("contact", _hours, "opens"),
        ("contact", _hours, "closes"),
    ],
)
def test_a_time_that_no_wall_clock_shows_is_refused(
    rule_set: str, make: Any, field: str, time: Any
) -> None:
    """It could not be compared with others, or would set a timer that never moves."""
    with pytest.raises(ValueError, match=f"{field}: .*not a time of day"):
        parse(rule_set, make(**{field: time}))


def test_times_of_a_wall_clock_are_taken() -> None:
    found: Any = parse("reminders", _reminders(window_opens="09:30", window_closes="20:00:30"))
    assert found.rows[0].window_opens == dt.time(9, 30)
    assert found.rows[0].window_closes == dt.time(20, 0, 30)
    contact: Any = parse("contact", _hours(closes="23:59:59.999999"))
    assert contact.rules[0].closes == dt.time(23, 59, 59)


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("thanks_days", 3650),
        ("thanks_hours", 8760),
        ("join_hours", 8760),
        ("late_hours", 8760),
        ("spread_seconds", 86_400),
        ("settle_target_days", 90),
    ],
)
def test_a_number_that_leads_out_of_the_calendar_is_refused(field: str, most: int) -> None:
    assert parse("reminders", _reminders(**{field: most}))
    for number in (-1, most + 1, 10**12):
        with pytest.raises(ValueError, match=field):
            parse("reminders", _reminders(**{field: number}))


def test_a_window_that_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody would ever be reached"):
        parse("reminders", _reminders(window_opens="21:00", window_closes="08:00"))


def test_a_thank_you_has_time_to_leave() -> None:
    with pytest.raises(ValueError, match="thanks_hours"):
        parse("reminders", _reminders(thanks_hours=0))


@pytest.mark.parametrize("days", [[], [0, 0, 0], [1, 7], [0, 7, 7], [0, 9, 8], [0, 10_000_000]])
def test_steps_that_leave_together_or_never_are_refused(days: list[int]) -> None:
    with pytest.raises(ValueError, match="step_days"):
        parse("reminders", _reminders(step_days=days))


@pytest.mark.parametrize("rule_set", list(RULE_SETS))
def test_a_version_that_nothing_can_hold_is_refused(rule_set: str) -> None:
    with pytest.raises(ValueError, match="version"):
        parse(rule_set, _document(rule_set, version=2**63))


@pytest.mark.parametrize(
    ("rule_set", "changes"),
    [
        ("plans", {"rows": [{"tolerance_minor": 10**30}]}),
        ("overdue", {"tolerance_minor": {"EUR": 10**30}}),
        ("retries", {"challenger": {"name": "m", "points": {"payday": 10**30}}}),
    ],
)
def test_sums_that_no_row_can_hold_are_refused(rule_set: str, changes: dict[str, Any]) -> None:
    if rule_set == "plans":
        row = body_of(POLICY.plans)["rows"][0]
        changes = {"rows": [row | {"promises": row["promises"] | changes["rows"][0]}]}
    with pytest.raises(ValueError, match="less than or equal"):
        parse(rule_set, _document(rule_set, **changes))


class _Rows:
    """A partition's rows, as the agent sees them."""

    def __init__(self, **rows: bytes) -> None:
        self.rows = rows

    def get(self, table: str, key: str) -> bytes | None:
        assert table == TABLE
        return self.rows.get(key)

    def put(self, table: str, key: str, value: bytes) -> None:
        assert table == TABLE
        self.rows[key] = value


def _tell(rows: _Rows, name: str, document: bytes) -> None:
    record = Record("policies", 0, 0, name.encode(), document)
    KeepPolicies().on_record(record, cast(Context, rows))


@pytest.mark.parametrize("error", [TypeError("x"), OverflowError("x"), ArithmeticError("x")])
def test_what_a_check_did_not_foresee_is_a_dead_letter(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no poison record; people who check a draft get a fault."""

    def broken(_: bytes) -> Any:
        raise error

    model = SimpleNamespace(model_validate_json=broken)
    monkeypatch.setitem(rulesets.RULE_SETS, "reminders", ("reminders", cast(Any, model)))
    with pytest.raises(BadRecord) as refused:
        _tell(_Rows(), "reminders", b"{}")
    assert refused.value.reason == "invalid"
    assert check("reminders", {}).rules is None


def test_what_an_earlier_release_kept_and_this_one_refuses_holds_no_worker_up() -> None:
    """The starting rules hold until something sound comes, whatever its version."""
    kept = _reminders(step_days=[0, 0, 0]).replace(b'"version": 2', b'"version": 9')
    rows = _Rows(**{"reminders": kept, VERSIONS: orjson.dumps({"reminders": 9})})
    current = CurrentRules(POLICY)
    assert current.of(cast(Context, rows)).reminders == POLICY.reminders
    _tell(rows, "reminders", _reminders(step_days=[0, 3]))
    assert current.of(cast(Context, rows)).reminders.rows[0].step_days == (0, 3)


@pytest.mark.parametrize("name", ["localtime", "posixrules", "posix/localtime"])
def test_a_zone_of_the_host_is_none(name: str) -> None:
    """It would be another one on another worker."""
    assert not is_zone(name)
    assert is_zone("Europe/Amsterdam")
