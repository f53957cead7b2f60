"""A fresh installation for each test, on the shared broker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engine.harness import Installation


@pytest.fixture
def home(kafka: str, tmp_path: Path) -> Iterator[Installation]:
    """Two partitions, no topics yet; its workers and topics go with it."""
    installation = Installation(kafka, f"e{uuid.uuid4().hex[:8]}.", tmp_path)
    try:
        yield installation
    finally:
        installation.close()
