"""A migrated database and a pool on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool, connected
from tests.integration.dispatch.rig import Rig, rigged


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
async def sms(kafka: str, topic_prefix: str, migrated_url: str, pool: Pool) -> AsyncIterator[Rig]:
    async with rigged("sms", kafka, topic_prefix, migrated_url, pool) as rig:
        yield rig


@pytest.fixture
async def mail(kafka: str, topic_prefix: str, migrated_url: str, pool: Pool) -> AsyncIterator[Rig]:
    async with rigged("email", kafka, topic_prefix, migrated_url, pool) as rig:
        yield rig


@pytest.fixture
async def letters(
    kafka: str, topic_prefix: str, migrated_url: str, pool: Pool
) -> AsyncIterator[Rig]:
    async with rigged(
        "letter", kafka, topic_prefix, migrated_url, pool, gateway_timeout_s=5.0
    ) as rig:
        yield rig
