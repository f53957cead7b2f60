"""A migrated database of its own, without collections."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected


@pytest.fixture(scope="session")
def migrated_url(database_url: str) -> str:
    """Beside the shared one: how far the projector has read is part of these tests."""
    name = f"pain008_{uuid.uuid4().hex[:8]}"

    async def create() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    made = urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
    migrate(made)
    return made


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    async with connected(migrated_url, name="test") as opened:
        await opened.execute(
            "TRUNCATE debit_file_items, debit_files, debits_not_made, direct_debits,"
            " collections_index"
        )
        yield opened
