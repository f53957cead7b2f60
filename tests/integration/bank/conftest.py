"""A migrated database, a topic, and an importer between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected
from tests.integration.bank.rig import Rig, rigged


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
async def rig(
    kafka: str, topic_prefix: str, migrated_url: str, pool: Pool, tmp_path: Path
) -> AsyncIterator[Rig]:
    async with rigged(kafka, topic_prefix, migrated_url, pool, tmp_path) as made:
        yield made
