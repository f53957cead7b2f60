"""A migrated database without collections."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected


@pytest.fixture(scope="session")
def migrated_url(database_url: str) -> str:
    """The shared database, migrated."""
    migrate(database_url)
    return database_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    async with connected(migrated_url, name="test") as opened:
        await opened.execute(
            "TRUNCATE debit_file_items, debit_files, debits_not_made, direct_debits,"
            " collections_index"
        )
        yield opened
