"""The pages in a browser: with scripts they are quicker, without them they still work."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
_WITHOUT_SCRIPTS = pytest.mark.parametrize("context_options", [{"java_script_enabled": False}])


async def test_the_start_page_renews_its_figures(visit: Visit) -> None:
    page = await visit.log_in()
    figure = page.locator("a.figure", has_text="dead letters").locator("b")
    await expect(figure).to_have_text("3")
    await visit.rig.pool.execute("DELETE FROM dead_letters")
    await expect(figure).to_have_text("0", timeout=10_000)


async def test_a_filter_changes_the_table_and_the_address(visit: Visit) -> None:
    await visit.log_in()
    page = await visit.open("/customers")
    await page.select_option("#filter-debt", "open")
    await expect(page.locator("caption")).to_have_text("1–40 of 40")
    assert "debt=open" in page.url
    await page.go_back()
    await expect(page.locator("caption")).to_have_text("1–50 of 120")


@_WITHOUT_SCRIPTS
async def test_lists_filter_and_page_without_scripts(visit: Visit) -> None:
    await visit.log_in()
    page = await visit.open("/customers")
    await page.get_by_role("link", name="Next", exact=True).click()
    await expect(page.locator("caption")).to_have_text("51–100 of 120")
    await page.fill("#filter-search", "Schulz")
    await page.click("text=Filter")
    await expect(page.locator("caption")).to_have_text("1–24 of 24")


async def test_applications_are_found_by_keyboard_alone(visit: Visit) -> None:
    """From the decisions to the applications, to those that are decided, to one decision."""
    await visit.log_in()
    page = await visit.open("/decisions")
    await page.get_by_role("link", name="Applications", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Applications")
    await expect(page.locator("caption")).to_have_text("1–50 of 60")
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "filter-status":
            break
    await page.keyboard.type("decided")  # a select goes to the choice that begins like this
    await page.keyboard.press("Enter")
    await expect(page.locator("caption")).to_have_text("1–40 of 40")
    assert "status=decided" in page.url
    await page.get_by_role("link", name="d-1", exact=True).focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{visit.base}/decisions/d-1")


@_WITHOUT_SCRIPTS
async def test_a_customer_pays_without_scripts(visit: Visit) -> None:
    page = await visit.open(visit.rig.link())
    await page.check("input[value=amount]")
    await page.fill("#amount", "999")
    await page.click("main button")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.fill("#amount", "10")
    async with page.expect_request("http://psp.test/checkout/pay_1"):
        await page.click("main button")
    assert visit.rig.psp.orders[0].amount == {"minor": 1000, "currency": "EUR"}


async def test_why_a_message_was_not_sent_is_on_the_page(visit: Visit) -> None:
    row = visit.rig.rows.rows["customer_history", "c-1"]
    row["not_sent"] = [
        {
            "at": "2026-05-18T06:00:01Z",
            "because": "window_closed",
            "kind": "reminder",
            "step": 1,
            "deferred_to": "2026-05-18T06:30:00Z",
        }
    ]
    await visit.log_in()
    page = await visit.open("/customers/c-1")
    section = page.get_by_role("region", name="Not sent, and why")
    await expect(section).to_contain_text("outside the hours in which messages may be sent")


async def test_the_language_is_the_readers_choice(visit: Visit) -> None:
    page = await visit.log_in()
    await page.click("text=Nederlands")
    await expect(page.locator("h1")).to_have_text("Wat er nu gebeurt")


async def test_nothing_is_loaded_from_elsewhere_and_nothing_breaks_the_policy(
    visit: Visit,
) -> None:
    asked: list[str] = []
    said: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.page.on("console", lambda message: said.append(message.text))
    await visit.log_in()
    for path in ("/", "/customers", "/customers/c-1", "/decisions/d-1", visit.rig.link()):
        await visit.open(path)
    assert all(url.startswith(visit.base) for url in asked)
    assert said == []
