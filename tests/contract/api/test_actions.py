"""Actions of staff: a form and a reason become an event; some need two people, by the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from aiohttp import ClientSession, CookieJar

from api.actions.approving import sweep
from api.actions.forms import FORMS
from api.services import SERVICES
from connectors.postgres.pool import Pool
from tests.contract.api.browser_like import csrf_of, get, log_in, nonce_of, post
from tests.contract.api.rig import Rig, rigged
from tests.contract.api.samples import customer_row

CUSTOMER = "c-1"


@pytest.fixture
async def rig(pool: Pool) -> AsyncIterator[Rig]:
    async with rigged(pool, roles=("admin", "agent", "analyst")) as made:
        made.rows.rows["customer_history", CUSTOMER] = customer_row()
        yield made


async def _as(rig: Rig, user: str) -> ClientSession:
    session = ClientSession(base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True))
    await log_in(session, user)
    return session


@pytest.fixture
async def agent(rig: Rig) -> AsyncIterator[ClientSession]:
    async with await _as(rig, "agent") as session:
        yield session


@pytest.fixture
async def admin(rig: Rig) -> AsyncIterator[ClientSession]:
    async with await _as(rig, "admin") as session:
        yield session


async def _send(
    client: ClientSession, slug: str, *fields: tuple[str, str], nonce: str = ""
) -> tuple[int, str, str]:
    path = f"/customers/{CUSTOMER}/actions/{slug}"
    _, page = await get(client, path)
    hidden = [("csrf", csrf_of(page)), ("nonce", nonce or nonce_of(page))]
    return await post(client, path, [*hidden, *fields])


async def test_a_hold_is_an_event_with_who_and_why(rig: Rig, agent: ClientSession) -> None:
    status, _, where = await _send(
        agent, "hold-placed", ("kind", "complaint"), ("until", "2026-07-01"), ("reason", "called")
    )
    assert (status, where) == (303, f"/customers/{CUSTOMER}/actions/hold-placed/done")
    [(topic, key, event, headers)] = rig.log.published
    assert (topic, key, headers["ce_type"]) == ("interactions", CUSTOMER.encode(), "hold.placed.v1")
    assert (event["by"], event["reason"], event["kind"]) == ("agent", "called", "complaint")
    assert event["until"] == "2026-07-01"
    assert event["hold_id"] == headers["ce_id"]


async def test_a_plan_spreads_all_that_is_open_to_the_cent(rig: Rig, agent: ClientSession) -> None:
    fields = [("count", "4"), ("every", "month"), ("first_on", "2026-06-30"), ("reason", "x")]
    assert (await _send(agent, "plan-agreed", *fields))[0] == 303
    [(_, _, event, _)] = rig.log.published
    parts = [part["amount"]["minor"] for part in event["instalments"]]
    assert (sum(parts), len(parts)) == (7749, 4)
    assert [part["due_on"] for part in event["instalments"]][:2] == ["2026-06-30", "2026-07-30"]
    assert set(event["invoice_ids"]) == {"inv-2026-05", "inv-device-7"}
    for wrong in ("1", "61", "many", "00000000555"):
        fields[0] = ("count", wrong)
        assert (await _send(agent, "plan-agreed", *fields))[0] == 422


async def test_the_timeline_tells_everything_that_was_decided_or_said(
    rig: Rig, agent: ClientSession
) -> None:
    """A kind of notice that has no words of its own is shown all the same."""
    row = customer_row()
    about = {"at": "2026-06-01T10:00:00Z", "by": "ann", "customer_id": CUSTOMER}
    row["case"]["notes"] = [{"note_id": "n1", **about, "text": "rang twice"}]
    row["case"]["given_up"] = {
        "inv-device-7": {
            "kind": "written_off", "at": about["at"], "by": "ann", "approved_by": "bob",
            "reason": "tiny", "open_minor": 2750,
        }
    }  # fmt: skip
    row["arrangements"]["holds"] = {"h1": {**about, "hold_id": "h1", "kind": "legal"}}
    row["messages"] = [
        {
            "message_id": "m1", "kind": "a_new_kind", "channel": "sms", "at": about["at"],
            "not_after": about["at"], "currency": "EUR",
        }
    ]  # fmt: skip
    rig.rows.rows["customer_history", CUSTOMER] = row
    _, page = await get(agent, f"/customers/{CUSTOMER}")
    for told in (
        "rang twice",
        "tiny",
        "Hold",
        "legal",
        "a new kind",
        "Given up",
        "State of arrears",
    ):
        assert told in page, told


async def test_the_same_form_twice_is_one_event(rig: Rig, agent: ClientSession) -> None:
    for _ in range(2):
        await _send(agent, "note-added", ("text", "hi"), ("reason", "x"), nonce="n-1")
    first, second = rig.log.published
    assert first[3]["ce_id"] == second[3]["ce_id"]
    await _send(agent, "note-added", ("text", "other"), ("reason", "x"), nonce="n-1")
    assert rig.log.published[2][3]["ce_id"] != first[3]["ce_id"]  # changed: not lost


async def test_a_promise_beyond_the_limits_is_refused_on_the_page(
    rig: Rig, agent: ClientSession
) -> None:
    """The row would make it a dead letter after staff had said yes on the phone."""
    fields = [("amount", "10"), ("due_on", "2027-06-01"), ("reason", "x")]
    status, page, _ = await _send(agent, "promise-made", *fields)
    assert (status, "Refused" in page) == (422, True)
    assert rig.log.published == []


@pytest.mark.parametrize(
    ("slug", "fields", "said"),
    [
        ("hold-placed", [("kind", "complaint")], "Give a reason"),
        ("hold-placed", [("kind", "nonsense"), ("reason", "x")], "Choose one"),
        ("promise-made", [("amount", "1.2.3"), ("due_on", "2026-07-01"), ("reason", "x")], "49.99"),
        ("promise-made", [("amount", "0"), ("due_on", "2026-07-01"), ("reason", "x")], "49.99"),
        ("promise-made", [("amount", "9"), ("due_on", "soon"), ("reason", "x")], "due_on"),
        ("note-added", [("reason", "x")], "needed"),
    ],
)
async def test_what_cannot_be_read_is_said_at_the_field_and_published_nowhere(
    rig: Rig, agent: ClientSession, slug: str, fields: list[tuple[str, str]], said: str
) -> None:
    status, page, _ = await _send(agent, slug, *fields)
    assert status == 422
    assert said in page
    assert rig.log.published == []


async def test_a_write_off_waits_for_another_person(
    rig: Rig, agent: ClientSession, admin: ClientSession
) -> None:
    _, _, where = await _send(agent, "debt-written-off", ("reason", "hopeless"))
    assert where.startswith("/approvals/")
    assert rig.log.published == []
    _, page = await get(agent, where)
    assert "somebody else has to decide" in page
    _, page = await get(admin, where)
    assert "49.99" in page  # what the second person agrees to
    verdict = [("csrf", csrf_of(page)), ("comment", "agreed"), ("verdict", "approve")]
    status, _, _ = await post(admin, where, verdict)
    assert status == 303
    [(_, _, event, headers)] = rig.log.published
    assert headers["ce_type"] == "debt.written-off.v1"
    assert (event["by"], event["approved_by"]) == ("agent", "admin")
    assert set(event["invoice_ids"]) == {"inv-2026-05", "inv-device-7"}  # those of the asking
    status, page, _ = await post(admin, where, verdict)
    assert (status, "decided this already" in page) == (409, True)
    assert len(rig.log.published) == 1


async def test_who_asked_may_not_approve_not_even_around_the_page(
    rig: Rig, agent: ClientSession
) -> None:
    _, _, where = await _send(agent, "debt-handed-over", ("collector", "acme"), ("reason", "old"))
    _, page = await get(agent, "/approvals")
    _, form = await get(agent, f"/customers/{CUSTOMER}/actions/note-added")
    verdict = [("csrf", csrf_of(form)), ("comment", "me"), ("verdict", "approve")]
    status, page, _ = await post(agent, where, verdict)
    assert (status, "asked for this yourself" in page) == (409, True)
    with pytest.raises(asyncpg.CheckViolationError):
        await rig.pool.execute(
            """UPDATE action_requests SET state = 'approved', decided_by = requested_by,
                 decided_at = now() WHERE request_id = $1""",
            where.rpartition("/")[2],
        )
    assert rig.log.published == []


async def test_what_was_approved_while_the_log_was_away_is_published_later(
    rig: Rig, agent: ClientSession, admin: ClientSession
) -> None:
    _, _, where = await _send(agent, "debt-written-off", ("reason", "hopeless"), nonce="away")
    _, page = await get(admin, where)
    rig.log.away = True
    verdict = [("csrf", csrf_of(page)), ("comment", "agreed"), ("verdict", "approve")]
    status, _, back = await post(admin, where, verdict)
    assert (status, back) == (303, where)  # the verdict stands and is not lost
    unpublished = await rig.pool.fetchval(
        "SELECT count(*) FROM action_requests WHERE state = 'approved' AND published_at IS NULL"
        " AND request_id = $1",
        where.rpartition("/")[2],
    )
    assert unpublished == 1


async def test_one_that_cannot_be_published_keeps_back_no_other(
    rig: Rig, agent: ClientSession, admin: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox goes on; it never ends the process that also serves payments."""
    await rig.pool.execute("DELETE FROM action_requests")
    _, _, good = await _send(agent, "debt-written-off", ("reason", "hopeless"), nonce="good")
    _, page = await get(admin, good)
    rig.log.away = True
    verdict = [("csrf", csrf_of(page)), ("comment", "agreed"), ("verdict", "approve")]
    await post(admin, good, verdict)
    await rig.pool.execute(
        """INSERT INTO action_requests (request_id, customer_id, ce_type, data, reason,
             requested_by, requested_at, state, decided_by, decided_at)
           VALUES ('bad', 'c-1', 'gone.v1', '{}', 'x', 'a', now(), 'approved', 'b', '2000-01-01')"""
    )
    rig.log.away = False
    monkeypatch.setattr("api.actions.approving._SWEEP_S", 0.01)
    sweeping = asyncio.create_task(sweep(rig.server.app[SERVICES]))
    for _ in range(1000):
        if rig.log.published:
            break
        await asyncio.sleep(0.01)
    sweeping.cancel()
    assert rig.log.published[0][3]["ce_id"] == good.rpartition("/")[2]


async def test_an_analyst_reads_and_decides_nothing(rig: Rig) -> None:
    async with await _as(rig, "analyst") as analyst:
        status, page = await get(analyst, f"/customers/{CUSTOMER}")
        assert status == 200
        assert "/actions/" not in page
        status, _ = await get(analyst, f"/customers/{CUSTOMER}/actions/note-added")
        assert status == 403


async def test_every_form_opens_in_every_language(agent: ClientSession) -> None:
    """Their texts are there: a key that is missing would be an error."""
    for slug in FORMS:
        for language in ("en", "nl", "de"):
            status, _ = await get(
                agent,
                f"/customers/{CUSTOMER}/actions/{slug}",
                headers={"Accept-Language": language},
            )
            assert status == 200
