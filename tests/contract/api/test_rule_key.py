"""The API key is nobody's second person: whoever holds it may have a login, too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from aiohttp import ClientSession, CookieJar

from api.security.access import API_CLIENT
from connectors.postgres.pool import Pool
from connectors.postgres.rule_sets import BY_KEY
from tests.contract.api.browser_like import log_in
from tests.contract.api.rig import Rig, rigged
from tests.contract.api.rule_work import call, no_rule_sets, quieter

DRAFTS = "/reminders/drafts"
FINE = {"comment": "fine"}


@pytest.fixture
async def rig(pool: Pool) -> AsyncIterator[Rig]:
    await no_rule_sets(pool)
    async with rigged(pool, roles=("policy", "admin")) as made:
        yield made
    await no_rule_sets(pool)


@pytest.fixture
async def holder(rig: Rig) -> AsyncIterator[ClientSession]:
    """Somebody with a login, who holds the key as well."""
    async with ClientSession(
        base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True)
    ) as session:
        await log_in(session, "policy")
        yield session


@pytest.fixture
async def other(rig: Rig) -> AsyncIterator[ClientSession]:
    async with ClientSession(
        base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True)
    ) as session:
        await log_in(session, "admin")
        yield session


async def written(rig: Rig, by: ClientSession | None) -> tuple[str, int]:
    """A submitted version, by the key or by a login; its place and id."""
    made = await call(rig, "POST", DRAFTS, {"document": quieter(), "note": "slower"}, client=by)
    draft = made.body["draft"]
    for action in ("check", "submit"):
        done = await call(rig, "POST", f"{DRAFTS}/{draft}/{action}", {}, client=by)
        assert done.status == 200, done.body
    return f"{DRAFTS}/{draft}", draft


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_who_wrote_with_a_login_does_not_decide_with_the_key(
    rig: Rig, holder: ClientSession, verdict: str
) -> None:
    place, draft = await written(rig, holder)
    decided = await call(rig, "POST", f"{place}/{verdict}", FINE)
    assert (decided.status, decided.body["type"]) == (403, "/problems/key-decides")
    assert "not a person" in decided.body["detail"]
    assert (await call(rig, "GET", place)).body["state"] == "submitted"
    with pytest.raises(asyncpg.CheckViolationError):
        await rig.pool.execute(
            "INSERT INTO rule_set_approvals VALUES ($1, 'policy', 'api', 'approve', 'x', now())",
            draft,
        )


async def test_who_wrote_with_the_key_needs_somebody_else_beside_the_own_login(
    rig: Rig, holder: ClientSession, other: ClientSession
) -> None:
    place, draft = await written(rig, None)
    first = await call(rig, "POST", f"{place}/approve", FINE, client=holder)
    assert (first.status, first.body["state"]) == (200, "submitted")
    again = await call(rig, "POST", f"{place}/approve", FINE, client=holder)
    assert (again.status, again.body["type"]) == (409, "/problems/decided-already")
    early = await call(rig, "POST", f"{place}/publish", {}, client=holder)
    assert (early.status, early.body["type"]) == (409, "/problems/needs-two")
    with pytest.raises(asyncpg.CheckViolationError, match="two people"):
        await rig.pool.execute(
            "UPDATE rule_set_versions SET state = 'published', published_at = now(),"
            " published_by = 'x' WHERE version_id = $1",
            draft,
        )
    second = await call(rig, "POST", f"{place}/approve", FINE, client=other)
    assert (second.status, second.body["state"]) == (200, "approved")
    assert [one["approver"] for one in second.body["approvals"]] == ["policy", "admin"]
    assert (await call(rig, "POST", f"{place}/publish", {})).body["state"] == "published"


async def test_one_word_against_is_enough(rig: Rig, holder: ClientSession) -> None:
    place, _ = await written(rig, None)
    no = await call(rig, "POST", f"{place}/reject", FINE, client=holder)
    assert (no.status, no.body["state"]) == (200, "rejected")


def test_the_database_and_the_guard_mean_the_same_name() -> None:
    assert API_CLIENT.name == BY_KEY
