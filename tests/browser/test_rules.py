"""Rule sets in a browser: from an edit to live by two people, without scripts and by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_accessibility import _violations as violations
from tests.contract.api.rig import PASSWORD
from tests.contract.api.rule_work import customers, no_rule_sets, owing

pytestmark = pytest.mark.browser
_WITHOUT_SCRIPTS = pytest.mark.parametrize("context_options", [{"java_script_enabled": False}])


@pytest.fixture(autouse=True)
async def _fresh(visit: Visit) -> AsyncIterator[None]:
    """Some who owe, as shipped otherwise; and a second person who may publish."""
    await no_rule_sets(visit.rig.pool)
    await customers(visit.rig.pool, [owing(), owing(), owing("AM05")])
    await visit.rig.pool.execute(
        "INSERT INTO users (name, password_hash, role)"
        " SELECT 'second', password_hash, 'policy' FROM users WHERE name = 'admin'"
        " ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash"
    )
    yield
    await no_rule_sets(visit.rig.pool)


async def second_person(visit: Visit, context: BrowserContext) -> Page:
    """Another window, another login."""
    page = await context.new_page()
    await page.goto(visit.base + "/login")
    await page.fill("#user", "second")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url(visit.base + "/")
    return page


async def drafted(visit: Visit) -> Page:
    """A checked draft of slower reminders, by the text editor."""
    await visit.log_in()
    page = await visit.open("/rules")
    await page.get_by_role("link", name="Reminders", exact=True).click()
    await page.get_by_role("button", name="Change these rules").click()
    text = await page.input_value("#text")
    await page.fill("#text", text.replace("[0, 7, 14]", "[0, 7, 28]"))
    await page.fill("#note", "more time for the last step")
    await page.get_by_role("button", name="Save and check").click()
    return page


@_WITHOUT_SCRIPTS
async def test_an_edit_goes_live_after_a_second_person(visit: Visit) -> None:
    page = await drafted(visit)
    await expect(page.locator("del")).to_have_text("0, 7, 14")
    await expect(page.locator("ins")).to_have_text("0, 7, 28")
    await expect(page.get_by_text("Counted for 3 of 3 customers")).to_be_visible()
    await page.get_by_role("button", name="Submit for approval").click()
    await expect(page.get_by_text("It waits for a second person")).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    place = page.url
    browser = visit.context.browser
    assert browser is not None
    context = await browser.new_context(locale="en", java_script_enabled=False)
    other = await second_person(visit, context)
    await other.goto(place)
    await other.get_by_label("Why").fill("agreed in the meeting of Monday")
    await other.get_by_role("button", name="Approve").click()
    await other.get_by_role("button", name="Put live").click()
    await expect(other.locator("h1")).to_have_text("Reminders")
    await expect(other.get_by_text("agreed in the meeting of Monday")).to_be_visible()
    facts = other.get_by_role("region", name="In force")
    await expect(facts).to_contain_text("second")
    await expect(facts).to_contain_text("more time for the last step")
    await context.close()


async def test_a_row_is_edited_by_keyboard_alone(visit: Visit) -> None:
    await visit.log_in()
    page = await visit.open("/rules/return-codes")
    await page.get_by_role("button", name="Change these rules").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/edit")
    await page.goto(page.url.removesuffix("/edit") + "/row?path=rows.0")
    await page.get_by_label("retries_max").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("ins")).to_have_text("1")


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, {"color_scheme": "dark"}])
async def test_every_page_of_rules_passes_axe(visit: Visit) -> None:
    page = await drafted(visit)
    place = page.url.removeprefix(visit.base)
    problems = {}
    for path in (
        "/rules",
        "/rules/numbers",
        "/rules/return-codes",
        "/rules/contact",
        "/rules/overdue",
        "/rules/charges",
        "/rules/templates/preview",
        "/rules/reminders/rollback/1",
        place,
        f"{place}/edit",
        f"{place}/row?path=rows.0",
    ):
        problems[path] = await violations(await visit.open(path))
    assert {path: found for path, found in problems.items() if found} == {}


@pytest.mark.parametrize("context_options", [{"viewport": {"width": 320, "height": 640}}])
async def test_no_page_of_rules_scrolls_sideways_on_a_phone(visit: Visit) -> None:
    page = await drafted(visit)
    place = page.url.removeprefix(visit.base)
    for path in ("/rules", "/rules/contact", "/rules/overdue", place, f"{place}/edit"):
        opened = await visit.open(path)
        wide = await opened.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, path
