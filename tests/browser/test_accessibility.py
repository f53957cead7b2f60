"""Every page passes axe (WCAG 2.2 A and AA), in both colour schemes, and works by keyboard."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Visit
from tests.contract.api.rig import PASSWORD
from tests.contract.api.samples import agreed_row

pytestmark = pytest.mark.browser

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = (
    "/",
    "/customers",
    "/customers?search=nobody-at-all",
    "/customers/c-1",
    "/applications",
    "/decisions",
    "/decisions/d-1",
    "/messages",
    "/messages/m-3",
    "/not-sent",
    "/cases",
    "/cases/case-1",
    "/dead-letters",
    "/customers/none",
)


def own_pages(visit: Visit) -> tuple[str, ...]:
    """What customers open behind their link; one of them has a plan, and promised something."""
    visit.rig.rows.rows["customer_history", "c-2"] = agreed_row()
    link, agreed = visit.rig.link(), visit.rig.link("c-2")
    ways = ("plan", "promise", "hardship", "dispute", "preferences", "done?what=promise")
    return (link, *(f"{link}/{way}" for way in ways), agreed, f"{agreed}/plan")


def _axe() -> str:
    package = importlib.util.find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "axe.min.js").read_text("utf-8")


async def _violations(page: Page) -> list[str]:
    # Evaluated, not added as a script: the page's own policy forbids foreign ones.
    await page.evaluate(_axe())
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
    )
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("context_options", [{"color_scheme": "light"}, {"color_scheme": "dark"}])
async def test_every_page_passes_axe(visit: Visit) -> None:
    problems = {"/login": await _violations(await visit.open("/login"))}
    await visit.log_in()
    public = (*own_pages(visit), visit.rig.link("somebody"), visit.rig.link(days=-1), "/pay/x")
    for path in (*PAGES, *public):
        problems[path] = await _violations(await visit.open(path))
    assert {path: found for path, found in problems.items() if found} == {}


@pytest.mark.parametrize("context_options", [{"viewport": {"width": 320, "height": 640}}])
async def test_no_page_scrolls_sideways_on_a_phone(visit: Visit) -> None:
    await visit.log_in()
    for path in (*PAGES, *own_pages(visit)):
        page = await visit.open(path)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, path


async def test_one_logs_in_and_around_by_keyboard_alone(visit: Visit) -> None:
    page = await visit.open("/login")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("admin")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(visit.base + "/")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "Customers":
            break
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await page.wait_for_url(visit.base + "/customers")
