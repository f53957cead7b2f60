"""The life of a rule set by the API: written, checked, approved by another, live, rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from aiohttp import ClientSession, CookieJar

from connectors.postgres.pool import Pool
from connectors.postgres.rule_set_outbox import Entry, Outbox
from tests.contract.api.browser_like import log_in
from tests.contract.api.rig import Rig, rigged
from tests.contract.api.rule_work import call, customers, no_rule_sets, owing, quieter, shipped

DRAFTS = "/reminders/drafts"


@pytest.fixture
async def rig(pool: Pool) -> AsyncIterator[Rig]:
    await no_rule_sets(pool)
    async with rigged(pool, roles=("policy", "admin", "analyst", "agent")) as made:
        yield made
    await no_rule_sets(pool)


@pytest.fixture
async def second(rig: Rig) -> AsyncIterator[ClientSession]:
    """Another person than the API key, who may publish."""
    async with ClientSession(
        base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True)
    ) as session:
        await log_in(session, "policy")
        yield session


@pytest.fixture
async def third(rig: Rig) -> AsyncIterator[ClientSession]:
    """One more who may publish: what the API key wrote takes two."""
    async with ClientSession(
        base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True)
    ) as session:
        await log_in(session, "admin")
        yield session


async def approve(rig: Rig, draft: int, *people: ClientSession) -> None:
    """Everybody's word."""
    for client in people:
        said = {"comment": "ok"}
        done = await call(rig, "POST", f"{DRAFTS}/{draft}/approve", said, client=client)
        assert done.status == 200, done.body


async def submitted(rig: Rig, days: int = 9) -> int:
    """A version that waits for approval."""
    made = await call(rig, "POST", DRAFTS, {"document": quieter(days), "note": "slower"})
    assert made.status == 201, made.body
    draft: int = made.body["draft"]
    for action in ("check", "submit"):
        done = await call(rig, "POST", f"{DRAFTS}/{draft}/{action}", {})
        assert done.status == 200, done.body
    return draft


async def test_a_change_goes_live_after_a_second_person(
    rig: Rig, second: ClientSession, third: ClientSession
) -> None:
    draft = await submitted(rig)
    place = f"{DRAFTS}/{draft}"
    assert (await call(rig, "POST", f"{place}/publish", {})).status == 409
    own = await call(rig, "POST", f"{place}/approve", {"comment": "fine"})
    assert (own.status, own.body["type"]) == (403, "/problems/key-decides")
    silent = await call(rig, "POST", f"{place}/approve", {"comment": " "}, client=second)
    assert silent.status == 422
    approved = await call(rig, "POST", f"{place}/approve", {"comment": "fine"}, client=second)
    assert (approved.status, approved.body["state"]) == (200, "submitted"), approved.body
    await approve(rig, draft, third)
    live = await call(rig, "POST", f"{place}/publish", {})
    assert (live.status, live.body["state"], live.body["version"]) == (200, "published", 2)
    now = await call(rig, "GET", "/reminders")
    assert (now.body["version"], now.body["by"], now.body["reaching"]) == (2, "api", True)
    assert now.body["document"]["rows"][0]["step_days"] == [0, 9, 30]
    told = [
        entry["what"] for entry in (await call(rig, "GET", "/reminders/history")).body["history"]
    ]
    assert told == ["published", "approved", "approved", "submitted", "begun"]


async def test_what_goes_live_waits_in_the_outbox_until_the_log_has_it(
    rig: Rig, second: ClientSession, third: ClientSession
) -> None:
    draft = await submitted(rig)
    await approve(rig, draft, second, third)
    await call(rig, "POST", f"{DRAFTS}/{draft}/publish", {})
    outbox, seen = Outbox(rig.pool), []

    async def broken(entry: Entry) -> int:
        seen.append(entry)
        raise OSError("the broker is away")

    async def working(entry: Entry) -> int:
        seen.append(entry)
        return entry.version

    with pytest.raises(OSError, match="away"):
        await outbox.drain(broken)
    assert not await outbox.is_empty()
    assert await outbox.drain(working) == 1
    assert await outbox.drain(working) == 0
    assert [entry.version for entry in seen] == [2, 2]
    assert '"id": "reminders", "version": 2, "note": "slower"' in seen[0].document


async def test_one_publisher_at_a_time(
    rig: Rig, second: ClientSession, third: ClientSession
) -> None:
    """Two web processes: an older version must not reach the log behind a newer one."""
    draft = await submitted(rig)
    await approve(rig, draft, second, third)
    await call(rig, "POST", f"{DRAFTS}/{draft}/publish", {})
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(entry: Entry) -> int:
        begun.set()
        await go_on.wait()
        return entry.version

    first = asyncio.create_task(Outbox(rig.pool).drain(slow))
    await begun.wait()
    assert await Outbox(rig.pool).drain(slow) == 0
    go_on.set()
    assert await first == 1


async def test_of_two_who_publish_at_once_one_is_told_who_was_quicker(
    rig: Rig, second: ClientSession, third: ClientSession
) -> None:
    """Both versions were written over the shipped one: the later would undo the earlier."""
    drafts = [await submitted(rig, days) for days in (9, 10)]
    for draft in drafts:
        await approve(rig, draft, second, third)
    places = [f"{DRAFTS}/{draft}" for draft in drafts]
    answers = await asyncio.gather(
        call(rig, "POST", f"{places[0]}/publish", {}),
        call(rig, "POST", f"{places[1]}/publish", {}, client=second),
        call(rig, "POST", f"{places[0]}/publish", {}),
    )
    assert sorted(one.status for one in answers) == [200, 409, 409]
    winner = next(one.body for one in answers if one.status == 200)
    for loser in (one.body for one in answers if one.status == 409):
        assert winner["published_by"] in loser["detail"]
        assert "2026-06-01T09:00:00" in loser["detail"]
    in_force = "SELECT count(*) FROM rule_set_versions WHERE state = 'published'"
    assert await rig.pool.fetchval(in_force) == 1
    assert await rig.pool.fetchval("SELECT count(*) FROM rule_set_outbox") == 1


async def test_rolled_back_in_one_step(
    rig: Rig, second: ClientSession, third: ClientSession
) -> None:
    draft = await submitted(rig)
    await approve(rig, draft, second, third)
    await call(rig, "POST", f"{DRAFTS}/{draft}/publish", {})
    never = await call(rig, "POST", "/reminders/rollback", {"to": 7, "comment": "why"})
    assert (never.status, never.body["type"]) == (409, "/problems/never-in-force")
    back = await call(rig, "POST", "/reminders/rollback", {"to": 1, "comment": "complaints"})
    assert (back.status, back.body["version"], back.body["restores"]) == (200, 3, 1), back.body
    now = await call(rig, "GET", "/reminders")
    assert (now.body["version"], now.body["document"]) == (3, shipped("reminders"))
    forward = await call(rig, "POST", "/reminders/rollback", {"to": 2, "comment": "was right"})
    assert (forward.status, forward.body["version"]) == (200, 4)
    versions = (await call(rig, "GET", "/reminders/versions")).body["versions"]
    states = [(one["version"], one["state"]) for one in versions]
    assert states == [(4, "published"), (3, "superseded"), (2, "superseded")]


async def test_faults_come_with_their_place(rig: Rig) -> None:
    body = shipped("return-codes")
    body["rows"][2]["action"] = "retyr"
    body["typo"] = 1
    made = await call(rig, "POST", "/return-codes/drafts", {"document": body})
    place = f"/return-codes/drafts/{made.body['draft']}"
    report = (await call(rig, "POST", f"{place}/check", {})).body["report"]
    assert {fault["place"] for fault in report["faults"]} == {"rows[3].action", "typo"}
    refused = await call(rig, "POST", f"{place}/submit", {})
    assert (refused.status, refused.body["type"]) == (409, "/problems/not-checked")
    broken = await call(rig, "POST", "/return-codes/drafts", {"text": "rows = [\n1,,]"})
    assert (broken.status, "line 2" in broken.body["detail"]) == (422, True)


async def test_a_policy_that_would_contact_nobody_is_refused_with_the_count(rig: Rig) -> None:
    await customers(rig.pool, [owing() for _ in range(4)] + [owing("AM05")])
    body = shipped("return-codes")
    for row in body["rows"]:
        row["action"] = "our_fault"
    made = await call(rig, "POST", "/return-codes/drafts", {"document": body})
    place = f"/return-codes/drafts/{made.body['draft']}"
    report = (await call(rig, "POST", f"{place}/check", {})).body["report"]
    assert [(one["code"], one["count"], one["of"]) for one in report["refusals"]] == [
        ("contacts_nobody", 4, 4)
    ]
    assert report["impact"]["counted"] == 5
    assert (await call(rig, "POST", f"{place}/submit", {})).status == 409


async def test_a_policy_that_would_contact_everybody_is_refused_with_the_count(rig: Rig) -> None:
    await customers(rig.pool, [owing()] + [owing("AM05") for _ in range(4)])
    body = shipped("return-codes")
    for row in body["rows"]:
        row["action"] = "contact"
    made = await call(rig, "POST", "/return-codes/drafts", {"document": body})
    report = await call(rig, "POST", f"/return-codes/drafts/{made.body['draft']}/check", {})
    refusals = report.body["report"]["refusals"]
    assert [(one["code"], one["count"], one["of"]) for one in refusals] == [
        ("contacts_everybody", 4, 4)
    ]


async def test_a_large_change_is_confirmed_by_its_number(rig: Rig) -> None:
    await customers(rig.pool, [owing(), owing(), owing("AM05"), owing("AM05")])
    body = shipped("return-codes")
    row = next(row for row in body["rows"] if "AM05" in row.get("codes", ()))
    row["codes"].remove("AM05")
    body["rows"].insert(0, {**body["rows"][0], "codes": ["AM05"]})
    made = await call(rig, "POST", "/return-codes/drafts", {"document": body})
    place = f"/return-codes/drafts/{made.body['draft']}"
    assert (await call(rig, "POST", f"{place}/check", {})).body["report"]["confirm"] == 2
    once = await call(rig, "POST", f"{place}/submit", {"acknowledged": True})
    assert (once.status, once.body["type"]) == (422, "/problems/confirm")
    twice = await call(rig, "POST", f"{place}/submit", {"acknowledged": True, "confirmed": 2})
    assert (twice.status, twice.body["state"]) == (200, "submitted")


async def test_an_edit_must_be_checked_again(rig: Rig) -> None:
    made = await call(rig, "POST", DRAFTS, {"document": quieter()})
    place = f"{DRAFTS}/{made.body['draft']}"
    assert (await call(rig, "POST", f"{place}/check", {})).body["state"] == "checked"
    saved = await call(rig, "PUT", place, {"document": quieter(11)})
    assert (saved.body["state"], saved.body["report"]) == ("draft", None)
    assert (await call(rig, "POST", f"{place}/submit", {})).status == 409
    assert saved.body["changes"] == [
        {"place": "rows[1].step_days", "before": "0, 7, 14", "after": "0, 11, 30"}
    ]


async def test_roles_read_and_others_write(rig: Rig) -> None:
    for role, reads, writes in (("analyst", 200, 403), ("agent", 403, 403)):
        async with ClientSession(
            base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True)
        ) as client:
            await log_in(client, role)
            async with client.get("/api/v1/rule-sets") as answer:
                assert answer.status == reads
            async with client.post("/api/v1/rule-sets/contact/drafts", json={}) as answer:
                assert answer.status == writes


async def test_the_database_itself_wants_two_people(rig: Rig) -> None:
    """Whoever writes SQL past the application meets the same rules."""
    draft = await submitted(rig)
    for statement in (
        (
            "UPDATE rule_set_versions SET state = 'published', published_at = now(),"
            " published_by = 'x' WHERE version_id = $1"
        ),
        "UPDATE rule_set_versions SET document = '{}' WHERE version_id = $1",
        "UPDATE rule_set_versions SET author = 'somebody' WHERE version_id = $1",
        "INSERT INTO rule_set_approvals VALUES ($1, 'api', 'api', 'approve', 'mine', now())",
        "INSERT INTO rule_set_approvals VALUES ($1, 'api', 'policy', 'approve', ' ', now())",
        "DELETE FROM rule_set_history WHERE version_id = $1",
        "UPDATE rule_set_history SET by_whom = 'x' WHERE version_id = $1",
        "DELETE FROM rule_set_versions WHERE version_id = $1",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await rig.pool.execute(statement, draft)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rig.pool.execute(
            "INSERT INTO rule_set_approvals VALUES ($1, 'other', 'policy', 'approve', 'x', now())",
            draft,
        )
