"""What is in force is read and parsed once, not at each request, and is never out of date."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from api.rule_sets import present
from api.rule_sets.present import all_in_force, policy_in_force, shipped
from connectors.postgres import rule_sets as rows
from connectors.postgres.pool import Pool
from connectors.postgres.rule_set_life import Life, Shortcut
from connectors.postgres.rule_sets import StoredVersion
from tests.contract.api.rig import NOW
from tests.contract.api.rule_work import no_rule_sets, quieter
from tests.contract.api.rule_work import shipped as shipped_body


@pytest.fixture
async def clean(pool: Pool) -> AsyncIterator[Pool]:
    await no_rule_sets(pool)
    yield pool
    await no_rule_sets(pool)


async def _live(pool: Pool, rule_set: str, body: object) -> None:
    wish = Shortcut(rule_set, json.dumps(body), "a test")
    await Life(pool).publish_at_once(wish, 1, "somebody", NOW, "a test")


async def test_a_document_is_read_once_and_a_newer_one_at_once(
    clean: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    by_ids = rows.by_ids

    async def noted(pool: Pool, version_ids: list[int]) -> list[StoredVersion]:
        found = await by_ids(pool, version_ids)
        read.extend(f"{one.rule_set} {one.version}" for one in found)
        return found

    monkeypatch.setattr(rows, "by_ids", noted)
    assert (await policy_in_force(clean)).reminders == shipped().reminders
    await _live(clean, "reminders", quieter(9))
    await _live(clean, "contact", shipped_body("contact"))
    first = await policy_in_force(clean)
    assert first.reminders.rows[0].step_days == (0, 9, 30)
    assert await policy_in_force(clean) is first
    assert (await all_in_force(clean))["contact"].version == 2
    assert sorted(read) == ["contact 2", "reminders 2"]
    await _live(clean, "reminders", quieter(10))
    second = await policy_in_force(clean)
    assert second.reminders.rows[0].step_days == (0, 10, 30)
    assert (second.contact.version, second.contact) == (2, first.contact)
    assert read[2:] == ["reminders 3"]


async def test_nothing_published_any_more_is_as_shipped(clean: Pool) -> None:
    """Another database under the same process: nothing of the earlier one stays."""
    await _live(clean, "reminders", quieter(9))
    assert (await policy_in_force(clean)).reminders.version == 2
    await no_rule_sets(clean)
    assert (await policy_in_force(clean)).reminders == present.shipped().reminders
    await _live(clean, "reminders", quieter(11))
    assert (await policy_in_force(clean)).reminders.rows[0].step_days == (0, 11, 30)
