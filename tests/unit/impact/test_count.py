"""What a draft would mean for the customers there are, and when it is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from domain.collections.state import CustomerState
from domain.drafts import body_of, check
from domain.impact.count import Counts, count, needs_confirmation, refusals
from domain.impact.limits import load_impact_limits
from domain.rulesets import RULE_SETS, starting_of
from tests.unit.collections.story import POLICY, START, Story

LIMITS = load_impact_limits()
NOW = START + dt.timedelta(days=3)


def person(code: str = "AM04", **fields: Any) -> CustomerState:
    """Somebody whose debit failed with `code`."""
    state = Story().customer(**fields).invoice().failed(code=code).state
    assert state is not None
    return state


CONTACTED = [person() for _ in range(4)]
HELD = [person("AM05"), person("AG02"), person("FF01")]
FLAGGED = [person(flags=["dispute"])]


def codes(action: str) -> dict[str, Any]:
    """Return codes that all mean the same."""
    rules = POLICY.return_codes
    rows = tuple(row.model_copy(update={"action": action}) for row in rules.rows)
    return {"return-codes": rules.model_copy(update={"rows": rows})}


def counted(states: list[CustomerState], draft: dict[str, Any]) -> Counts:
    return count(states, POLICY, draft, NOW, LIMITS)


def refused(counts: Counts) -> list[str]:
    return [one.code for one in refusals(counts, LIMITS)]


@pytest.mark.parametrize("rule_set", list(RULE_SETS))
def test_the_same_rules_change_nothing(rule_set: str) -> None:
    found = counted(CONTACTED + HELD, {rule_set: starting_of(POLICY, rule_set)})
    assert (found.counted, found.changed, found.lost, found.won, found.failed) == (7, 0, 0, 0, 0)
    assert found.present == found.draft
    assert (found.present.contacted, found.present.held) == (4, 3)
    assert refused(found) == []
    assert not needs_confirmation(found, LIMITS)


def test_nobody_is_refused_with_the_count() -> None:
    found = counted(CONTACTED + HELD, codes("our_fault"))
    assert (found.lost, found.draft.contacted) == (4, 0)
    assert refused(found) == ["contacts_nobody"]


def test_one_who_is_still_contacted_is_enough() -> None:
    rules = POLICY.return_codes
    rows = tuple(
        row.model_copy(update={"action": "our_fault"}) if "AM04" in row.codes else row
        for row in rules.rows
    )
    draft = {"return-codes": rules.model_copy(update={"rows": rows})}
    found = counted([*CONTACTED, person("MS02")], draft)
    assert (found.lost, refused(found)) == (4, [])
    assert needs_confirmation(found, LIMITS)


def test_everybody_who_is_held_is_refused_with_the_count() -> None:
    found = counted(CONTACTED + HELD, codes("contact"))
    assert (found.won, refused(found)) == (3, ["contacts_everybody"])
    # Whom the law holds stays held: then it is not everybody.
    assert refused(counted(CONTACTED + HELD + FLAGGED, codes("contact"))) == []


def test_the_rhythm_counts_too() -> None:
    """The same people, more messages: shown, and a second confirmation asked for."""
    body = body_of(POLICY.reminders)
    body["rows"][0]["step_days"] = [0, 1, 2, 3, 4, 5]
    found = counted(CONTACTED, {"reminders": check("reminders", body).rules})
    assert found.draft.messages > 2 * found.present.messages
    assert (found.lost, found.won, found.changed) == (0, 0, 4)
    assert needs_confirmation(found, LIMITS)


def test_rules_that_break_are_refused_with_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound to the model, broken in use: told, never live."""

    class Broken(type(POLICY.return_codes)):  # type: ignore[misc]
        def rule(self, failed: Any) -> Any:
            raise ZeroDivisionError("by an odd row")

    broken = Broken.model_construct(**dict(POLICY.return_codes))
    found = counted(CONTACTED, {"return-codes": broken})
    assert (found.failed, found.failure) == (4, "ZeroDivisionError: by an odd row")
    assert "cannot_be_played" in refused(found)


def test_batches_add_up() -> None:
    everybody = CONTACTED + HELD + FLAGGED
    whole = counted(everybody, codes("contact"))
    parts = [counted([one], codes("contact")) for one in everybody]
    total = Counts()
    for part in parts:
        total = total.plus(part)
    assert total == whole
