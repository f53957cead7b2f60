"""The rule constructor: who is charged what, and what people are told of a table."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fees.findings import findings
from domain.fees.policy import FeeRule, FeesPolicy, Situation
from tests.unit.collections.story import POLICY, Story


def _at(**fields: Any) -> Situation:
    known = {"days_late": 3, "loyalty_years": 1, "person_group": None, "region": None}
    return Situation(**(known | fields))


def _table(*rules: FeeRule) -> FeesPolicy:
    return FeesPolicy(
        id="fee-status", version=2, valid_from=POLICY.fees.valid_from, source="test", rules=rules
    )


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ({"customers": ["c1", "c2"]}, {"customer_id": "c1"}, {"customer_id": "c3"}),
        ({"brands": ["kpn"]}, {"brand": "kpn"}, {"brand": None}),
        ({"regions": ["north"]}, {"region": "north"}, {"region": "south"}),
        ({"person_groups": ["student"]}, {"person_group": "student"}, {}),
        ({"kinds": ["energy"]}, {"kinds": frozenset({"energy", "fee"})}, {"kinds": frozenset()}),
        ({"days_late_min": 3, "days_late_max": 5}, {"days_late": 5}, {"days_late": 6}),
        ({"loyalty_years_max": 1}, {"loyalty_years": 1}, {"loyalty_years": 2}),
        (
            {"currency": "EUR", "amount_min_minor": 5000},
            {"open_minor": {"EUR": 5000}},
            {"open_minor": {"EUR": 4999, "GBP": 9000}},
        ),
    ],
)
def test_every_condition_decides(
    condition: dict[str, Any], yes: dict[str, Any], no: dict[str, Any]
) -> None:
    """Each condition alone: one situation in which it holds, one in which it does not."""
    policy = _table(FeeRule.model_validate({"status": "special", **condition}))
    assert policy.status(_at(**yes)) == "special"
    assert policy.status(_at(**no)) == "regular"


def test_what_is_misspelt_or_half_said_is_refused() -> None:
    """A condition that would silently never hold is no condition."""
    with pytest.raises(pydantic.ValidationError, match="region"):
        FeeRule.model_validate({"status": "a", "region": ["north"]})
    with pytest.raises(pydantic.ValidationError, match="currency"):
        FeeRule.model_validate({"status": "a", "amount_min_minor": 100})


@pytest.mark.parametrize("field", ["days_late_min", "days_late_max"])
@pytest.mark.parametrize("days", [-1, 3_651, 9_999_999])
def test_days_that_no_calendar_has_are_refused(field: str, days: int) -> None:
    """They would be added to a due date, and dates end: nobody late could be worked on."""
    with pytest.raises(pydantic.ValidationError, match=field):
        FeeRule.model_validate({"status": "a", field: days})


@pytest.mark.parametrize("field", ["loyalty_years_min", "loyalty_years_max"])
@pytest.mark.parametrize("years", [-1, 201])
def test_years_that_nobody_lives_are_refused(field: str, years: int) -> None:
    """A row that never or always holds is a slip of the pen."""
    with pytest.raises(pydantic.ValidationError, match=field):
        FeeRule.model_validate({"status": "a", field: years})


def test_rows_that_never_decide_are_told() -> None:
    """Covered by one row before it, or by several together."""
    found = _table(
        FeeRule(status="north", regions=frozenset({"north"})),
        FeeRule(status="early", days_late_max=9),
        FeeRule(status="late", days_late_min=10),
        FeeRule(status="north_late", regions=frozenset({"north"}), days_late_min=20),
    ).findings()
    assert found[0].startswith("row 4 (north_late) never decides")


def test_overlaps_and_gaps_are_told() -> None:
    """Two rows that contradict each other somewhere, and lateness that no row speaks of."""
    found = _table(
        FeeRule(status="student", person_groups=frozenset({"student"}), days_late_min=1),
        FeeRule(status="week", days_late_min=7, fees=("wik",)),
    ).findings()
    assert found == [
        "rows 1 (student) and 2 (week) overlap: row 1 decides",
        "no row speaks of 1 days late, 0 years a customer: the status is `regular`, without a fee",
    ]


def test_a_plain_table_is_silent() -> None:
    """An exception before the rule is how tables are written: nothing to tell."""
    table = _table(
        FeeRule(status="regular", days_late_max=0),
        FeeRule(status="grace", regions=frozenset({"flooded"}), days_late_min=1),
        FeeRule(status="late", days_late_min=1),
    )
    assert table.findings() == []


_BOUND = st.none() | st.integers(0, 40)
_RULES = st.lists(
    st.builds(
        FeeRule,
        status=st.sampled_from("abc"),
        days_late_min=_BOUND,
        days_late_max=_BOUND,
        loyalty_years_min=st.none() | st.integers(0, 9),
        person_groups=st.none() | st.frozensets(st.sampled_from("xyz"), min_size=1),
        regions=st.none() | st.frozensets(st.sampled_from("ns"), min_size=1),
    ),
    min_size=1,
    max_size=6,
)


@given(
    _RULES,
    st.integers(0, 45),
    st.integers(0, 12),
    st.sampled_from(["x", "y", "q", None]),
    st.sampled_from(["n", "s", "q", None]),
)
def test_a_row_said_never_to_decide_never_does(
    rules: list[FeeRule], days: int, years: int, group: str | None, region: str | None
) -> None:
    """Whatever the situation: the first match is none of the rows called unreachable."""
    told = [one for one in findings(tuple(rules)) if "never decides" in one]
    unreachable = {int(one.split()[1]) for one in told}
    at = _at(days_late=days, loyalty_years=years, person_group=group, region=region)
    first = next((n for n, rule in enumerate(rules, 1) if rule.matches(at)), None)
    assert first not in unreachable


def test_many_values_are_sampled_and_that_is_told() -> None:
    """A table too big to try every combination of does not hang."""
    rules = tuple(
        FeeRule(
            status=f"s{n}",
            person_groups=frozenset({f"g{n}"}),
            regions=frozenset({f"r{n}"}),
            customers=frozenset({f"c{n}"}),
            days_late_min=n,
        )
        for n in range(1, 30)
    )
    assert any("too many to try" in one for one in findings(rules))


def test_a_named_customer_is_assigned_anew_when_rules_or_facts_change() -> None:
    """Person, kind and amount in one life: the status follows payments and days."""
    rules = (
        FeeRule(status="vip", customers=frozenset({"c9"})),
        FeeRule(
            status="big", days_late_min=1, currency="EUR", amount_min_minor=10_000,
            kinds=frozenset({"energy"}),
        ),
        FeeRule(status="small", days_late_min=1),
    )  # fmt: skip
    story = Story(policy=POLICY.model_copy(update={"fees": _table(*rules)}))
    story.customer().invoice("i1", 6_000, due_on="2026-05-30", kind="energy", payment_method="link")
    assert story.fee_state is not None
    assert story.fee_state.status == "small"
    story.invoice("i2", 6_000, due_on="2026-06-05", kind="energy", payment_method="link")
    assert story.fee_state.status == "small"  # not late yet
    story.wait(days=5)
    assert story.fee_state.status == "big"
    story.payment("p1", 3_000, received_at=story.now.isoformat())
    assert story.fee_state.status == "small"
