"""Debian's Chromium in front of the application of the contract tests."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import connected
from tests.contract.api.rig import PASSWORD, Rig, rigged
from tests.contract.api.samples import CASE, DECISION, FEE, customer_row
from tests.contract.api.seed import seeded

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class Visit:
    """A window of the browser on the application."""

    rig: Rig
    context: BrowserContext
    page: Page
    base: str

    async def open(self, path: str) -> Page:
        await self.page.goto(self.base + path)
        return self.page

    async def log_in(self) -> Page:
        page = await self.open("/login")
        await page.fill("#user", "admin")
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        await page.wait_for_url(self.base + "/")
        return page


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    await asyncio.to_thread(migrate, database_url)
    async with connected(database_url, name="test") as pool, rigged(pool) as made:
        await seeded(pool)
        made.rows.rows.update(
            {
                ("customer_history", "c-1"): customer_row(),
                ("fee_status", "c-1"): FEE,
                ("decisions", "d-1"): DECISION,
                ("cases", "case-1"): CASE,
            }
        )
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: apt-get install chromium")
        pytest.skip("Chromium is missing: apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield launched
        await launched.close()


@pytest.fixture
def context_options() -> dict[str, object]:
    """A test overrides it to be somebody else: another scheme, size, or no JavaScript."""
    return {}


@pytest.fixture
async def visit(
    rig: Rig, browser: Browser, context_options: dict[str, object]
) -> AsyncIterator[Visit]:
    context = await browser.new_context(locale="en", **context_options)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(15_000)
    yield Visit(rig, context, page, str(rig.server.make_url("/")).rstrip("/"))
    await context.close()
