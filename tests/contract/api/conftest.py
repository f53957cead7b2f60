"""A migrated database, the application on it, and a browser-like client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, CookieJar

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected
from tests.contract.api.rig import Rig, rigged


@pytest.fixture(scope="session")
def migrated_url(database_url: str) -> str:
    """The shared database, migrated."""
    migrate(database_url)
    return database_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    async with connected(migrated_url, name="test") as opened:
        yield opened


@pytest.fixture
async def rig(pool: Pool) -> AsyncIterator[Rig]:
    async with rigged(pool) as made:
        yield made


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[ClientSession]:
    """Keeps cookies, follows nothing by itself."""
    async with ClientSession(
        base_url=rig.server.make_url("/"), cookie_jar=CookieJar(unsafe=True)
    ) as session:
        yield session
