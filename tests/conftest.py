"""Real servers for the tests that need them: one of each for the whole session, on free ports.

`kafka` (host:port), `database_url`, `redis_url`. Nothing is started until a test asks. Use a topic
prefix, a schema or a key prefix of your own: the servers are shared.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dunnock.embedded import kafka as embedded_kafka
from dunnock.embedded import postgres as embedded_postgres
from dunnock.embedded import redis as embedded_redis
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import running

# Time is measured in benchmarks: a busy machine must not fail a property.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """A directory that the account PostgreSQL runs under can walk into."""
    with tempfile.TemporaryDirectory(prefix="dunnock-test-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        place.chmod(0o711)
        yield place


@pytest.fixture(scope="session")
def kafka(server_dir: Path) -> Iterator[str]:
    """The bootstrap address of a real broker."""
    program = embedded_kafka.prepare(
        server_dir / "kafka",
        port=free_port(),
        controller_port=free_port(),
        short_lived=True,
    )
    with running(program, server_dir / "kafka.log"):
        yield program.address


@pytest.fixture(scope="session")
def database_url(server_dir: Path) -> Iterator[str]:
    """A DSN; empty database, no migrations applied. DATABASE_URL in the environment wins."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    program = embedded_postgres.prepare(
        server_dir / "postgres", port=free_port(), password=uuid.uuid4().hex, keep=False
    )
    with running(program, server_dir / "postgres.log"):
        yield program.address


@pytest.fixture(scope="session")
def redis_url(server_dir: Path) -> Iterator[str]:
    """A Redis; REDIS_URL in the environment wins."""
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    program = embedded_redis.prepare(server_dir / "redis", port=free_port(), keep=False)
    with running(program, server_dir / "redis.log"):
        yield program.address


@pytest.fixture
def topic_prefix() -> str:
    """A prefix no other test uses."""
    return f"t{uuid.uuid4().hex[:8]}."


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium. Without one the test is skipped; in CI (CI=true) it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    told = "Chromium is missing: install it (on Debian: apt install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)
