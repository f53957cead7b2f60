"""Self-service behind the payment link, without JavaScript and without a mouse."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("context_options", [{"java_script_enabled": False}])
async def test_a_plan_is_made_by_keyboard_alone(visit: Visit) -> None:
    """From the page of the link over the instalments to the provider's door."""
    page = await visit.open(visit.rig.link() + "/plan")
    await page.focus("#count")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("3")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("2000")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("button[value=agree]")
    assert await page.locator("tbody tr").count() == 3
    await page.focus("button[value=agree]")
    async with page.expect_request("http://psp.test/**"):
        await page.keyboard.press("Enter")
    assert visit.rig.psp.orders[0].amount == {"minor": 2583, "currency": "EUR"}


@pytest.mark.parametrize("context_options", [{"java_script_enabled": False}])
async def test_a_slip_is_said_where_it_is_and_what_was_typed_stays(visit: Visit) -> None:
    """The amount is too much: the alert says so, the field is marked, the text is still there."""
    page = await visit.open(visit.rig.link() + "/promise")
    await page.fill("#amount", "1000")
    await page.fill("#due_on", "2026-06-12")
    await page.click("main .button-wide")
    assert await page.locator("[role=alert]").count() == 1
    assert await page.get_attribute("#amount", "aria-invalid") == "true"
    assert await page.input_value("#amount") == "1000"
    assert await page.input_value("#due_on") == "2026-06-12"
    await page.fill("#amount", "20")
    await page.click("main .button-wide")
    await page.wait_for_url("**/done?*")
    assert [one[3]["ce_type"] for one in visit.rig.log.published] == ["promise.made.v1"]
