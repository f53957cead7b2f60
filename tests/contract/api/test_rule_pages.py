"""The pages of rule sets as a browser without scripts sees them."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from connectors.postgres.pool import Pool
from domain.rulesets import RULE_SETS
from tests.contract.api.browser_like import csrf_of, get, log_in, post
from tests.contract.api.rig import Rig, rigged
from tests.contract.api.rule_work import customers, no_rule_sets, owing


@pytest.fixture
async def rig(pool: Pool) -> AsyncIterator[Rig]:
    await no_rule_sets(pool)
    async with rigged(pool, roles=("policy", "admin", "analyst")) as made:
        yield made
    await no_rule_sets(pool)


async def _person(rig: Rig, name: str) -> ClientSession:
    session = ClientSession(base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True))
    await log_in(session, name)
    return session


@pytest.fixture
async def author(rig: Rig) -> AsyncIterator[ClientSession]:
    session = await _person(rig, "policy")
    yield session
    await session.close()


@pytest.fixture
async def second(rig: Rig) -> AsyncIterator[ClientSession]:
    session = await _person(rig, "admin")
    yield session
    await session.close()


async def send(client: ClientSession, page: str, path: str, **fields: str) -> tuple[int, str, str]:
    """A form of the page at `page`."""
    _, shown = await get(client, page)
    return await post(client, path, [("csrf", csrf_of(shown)), *fields.items()])


async def begun(client: ClientSession, rule_set: str) -> str:
    """A draft of what is in force; gives its address."""
    status, _, location = await send(client, f"/rules/{rule_set}", f"/rules/{rule_set}/drafts")
    assert status == 303
    return location.removesuffix("/edit")


def text_of(page: str) -> str:
    """What stands in the editor."""
    found = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


@pytest.mark.parametrize("rule_set", list(RULE_SETS))
async def test_every_rule_set_has_its_page_and_its_editor(
    author: ClientSession, rule_set: str
) -> None:
    status, page = await get(author, f"/rules/{rule_set}")
    assert (status, "as shipped" in page) == (200, True)
    place = await begun(author, rule_set)
    _, page = await get(author, f"{place}/edit")
    status, _, location = await send(
        author, f"{place}/edit", f"{place}/edit", text=text_of(page), note="the same"
    )
    assert (status, location) == (303, place)
    status, page = await get(author, place)
    assert status == 200
    assert "It says the same as what it was written over." in page


async def test_text_to_live_by_two_people(
    rig: Rig, author: ClientSession, second: ClientSession
) -> None:
    await customers(rig.pool, [owing()])
    place = await begun(author, "reminders")
    _, page = await get(author, f"{place}/edit")
    text = text_of(page).replace("step_days = [0, 7, 14]", "step_days = [0, 7, 21]")
    await send(author, f"{place}/edit", f"{place}/edit", text=text, note="more time")
    _, page = await get(author, place)
    assert "<del>0, 7, 14</del>" in page
    assert "Counted for 1 of 1 customers" in page
    assert (await send(author, place, f"{place}/submit"))[0] == 303
    _, page = await get(author, place)
    assert "It waits for a second person: you wrote it." in page
    status, page, _ = await send(author, place, f"{place}/approve", comment="my own")
    assert (status, "policy wrote this: a second person must decide." in page) == (422, True)
    status, page, _ = await send(second, place, f"{place}/approve", comment=" ")
    assert (status, "a comment is needed" in page) == (422, True)
    await send(second, place, f"{place}/approve", comment="agreed in the meeting")
    status, _, location = await send(second, place, f"{place}/publish")
    assert (status, location) == (303, "/rules/reminders")
    _, page = await get(author, "/rules/reminders")
    for told in ("more time", "agreed in the meeting", "on its way to the workers"):
        assert told in page
    status, page, _ = await send(author, place, f"{place}/publish")
    assert (status, "admin put version 2 live at" in page) == (409, True)


async def test_rolled_back_with_a_reason(
    author: ClientSession, second: ClientSession, rig: Rig
) -> None:
    await test_text_to_live_by_two_people(rig, author, second)
    back = "/rules/reminders/rollback/1"
    assert (await send(author, back, back, comment=""))[0] == 422
    assert (await send(author, back, back, comment="it was too slow"))[0] == 303
    _, page = await get(author, "/rules/reminders")
    assert "it was too slow" in page
    assert "content of version 1" in page


async def test_a_version_number_that_no_database_holds_is_no_version(
    author: ClientSession,
) -> None:
    """Not "the database does not answer": asyncpg's refusal of the number looks like a lost one."""
    for number in ("9999999999", "9" * 18, "9" * 30):
        back = f"/rules/reminders/rollback/{number}"
        assert (await get(author, back))[0] == 404
        sent = await send(author, "/rules/reminders/rollback/1", back, comment="why")
        assert sent[0] == 404


async def test_a_fault_is_shown_with_its_place_and_the_text_stays(author: ClientSession) -> None:
    place = await begun(author, "return-codes")
    edit = f"{place}/edit"
    status, page, _ = await send(author, edit, edit, text="rows = [\n  oops\n]", note="")
    assert (status, "line 2" in page, "oops" in page) == (422, True, True)
    _, page = await get(author, edit)
    text = text_of(page).replace('action = "retry"', 'action = "retyr"', 1)
    status, page, _ = await send(author, edit, edit, text=text, note="")
    assert (status, "rows[1].action" in page, "retyr" in page) == (422, True, True)


async def test_one_row_is_edited_by_a_form(author: ClientSession) -> None:
    place = await begun(author, "return-codes")
    row = f"{place}/row?path=rows.0"
    _, page = await get(author, row)
    assert '<option value="contact">contact</option>' in page
    cells: dict[str, Any] = {"cell.action": "contact", "cell.retries_max": "1", "do": "save"}
    assert (await send(author, row, row, **cells))[0] == 303
    _, page = await get(author, place)
    assert "<del>retry</del>" in page
    assert "<ins>contact</ins>" in page
    faulty = {"cell.retries_max": "often", "do": "save"}
    status, page, _ = await send(author, row, row, **faulty)
    assert (status, "rows[1].retries_max" in page) == (422, True)
    assert (await send(author, row, row, do="copy"))[0] == 303
    assert (await send(author, row, row, do="remove"))[0] == 303
    for bad in ("rows.999", "rows.x", "nowhere"):
        assert (await get(author, f"{place}/row?path={bad}"))[0] == 404


async def test_a_policy_that_contacts_nobody_is_refused_on_the_page(
    rig: Rig, author: ClientSession
) -> None:
    await customers(rig.pool, [owing(), owing(), owing()])
    place = await begun(author, "return-codes")
    _, page = await get(author, f"{place}/edit")
    text = re.sub(r'action = "\w+"', 'action = "our_fault"', text_of(page))
    await send(author, f"{place}/edit", f"{place}/edit", text=text, note="quiet")
    _, page = await get(author, place)
    assert "of 3 customers who are contacted today none would be any more" in page
    assert f'action="{place}/submit"' not in page


async def test_special_views(author: ClientSession) -> None:
    _, page = await get(author, "/rules/return-codes")
    assert "Return codes by country" in page
    _, page = await get(author, "/rules/overdue")
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="diagram"' in page
    _, page = await get(author, "/rules/charges")
    for amount in ("€40.00", "€375.00", "€875.00", "€1,005.00", "€6,775.00"):
        assert amount in page
    _, page = await get(author, "/rules/numbers?only=unverified")
    assert "[unverified]" in page
    _, everything = await get(author, "/rules/numbers")
    assert len(everything) > len(page)


async def test_a_draft_shows_the_diagram_that_it_would_have(author: ClientSession) -> None:
    place = await begun(author, "overdue")
    _, page = await get(author, f"{place}/edit")
    text = text_of(page).replace('"In default"', '"Gone <quiet>"')
    await send(author, f"{place}/edit", f"{place}/edit", text=text, note="other words")
    _, page = await get(author, place)
    assert 'class="diagram-name">Gone &lt;quiet&gt;</text>' in page
    _, page = await get(author, "/rules/overdue")
    assert 'class="diagram-name">In default</text>' in page


async def test_templates_are_previewed_with_their_length(author: ClientSession) -> None:
    preview = "/rules/templates/preview"
    _, page = await get(author, f"{preview}?language=nl&channel=sms")
    assert "GSM-7" in page
    assert "Eva Jansen" in page
    status, page = await get(author, f"{preview}?kind=fourteen_day_letter&channel=sms")
    assert (status, "Nobody would get this" in page) == (200, True)
    status, page = await get(author, f"{preview}?kind=fourteen_day_letter&channel=letter")
    assert (status, "Nobody would get this" in page) == (200, False)
    for bad in ("channel=fax", "step=0", "step=x", "language=xx", "draft=999", "draft=x"):
        assert (await get(author, f"{preview}?{bad}"))[0] in {400, 404}
    for step in ("100", "0019999", "001" + "9" * 5000):
        assert (await get(author, f"{preview}?step={step}"))[0] == 400
    place = await begun(author, "templates")
    draft = place.rpartition("/")[2]
    _, page = await get(author, f"{place}/edit")
    text = text_of(page).replace("Hello {name}", "Ahoy ☠ {name}")
    await send(author, f"{place}/edit", f"{place}/edit", text=text, note="pirates")
    _, page = await get(author, f"{preview}?draft={draft}&language=en")
    assert "Ahoy ☠ Eva Jansen" in page
    assert "UCS-2" in page


async def test_who_only_reads_gets_no_forms(rig: Rig) -> None:
    reader = await _person(rig, "analyst")
    try:
        status, page = await get(reader, "/rules/contact")
        assert (status, "Change these rules" in page) == (200, False)
        assert (await send(reader, "/", "/rules/contact/drafts"))[0] == 403
    finally:
        await reader.close()
