"""Where we hang on to Faust: sources of what we override, tables that refuse direct writes."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from runtime.settings import Settings
from streams.agents import stateful_agent
from streams.app import create_app
from streams.tables import DirectWriteRefused
from tests.integration.engine.counting_worker import Counting
from tests.integration.engine.read_sources import READ_SOURCES, source_hash


def test_what_we_override_is_what_we_read() -> None:
    """An upgrade that changes one of these must be read again, then the hash is renewed."""
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka") == "0.14.0"
    assert {name: source_hash(name) for name in READ_SOURCES} == READ_SOURCES


async def test_a_direct_write_to_a_table_raises(kafka: str, tmp_path: Path) -> None:
    """`table[key] = value` would bypass the transaction of the lane."""

    async def now() -> datetime:
        return datetime(2026, 6, 1, tzinfo=UTC)

    app = create_app(Settings(kafka=kafka, data_dir=tmp_path, app_name="seams"), now=now)
    stateful_agent(
        app, "count", ("payments",), ("customer_history", "engine", "timers"), Counting()
    )
    table = app.tables["customer_history"]
    with pytest.raises(DirectWriteRefused):
        table[b"k"] = b"1"
    with pytest.raises(DirectWriteRefused):
        del table[b"k"]
    with pytest.raises(DirectWriteRefused):
        table.clear()
    assert table.get(b"k") is None
    app.stores.rows("customer_history", 0).commit_rows({b"k": b"2"}, 1)
    assert table[b"k"] == b"2"
    assert list(table.keys()) == [b"k"]
    await app.engine.close()


async def test_two_logics_are_refused(kafka: str, tmp_path: Path) -> None:
    """All topics of a partition share one lane, so that a customer's events stay in one order."""

    async def now() -> datetime:
        return datetime(2026, 6, 1, tzinfo=UTC)

    app = create_app(Settings(kafka=kafka, data_dir=tmp_path, app_name="seams2"), now=now)
    stateful_agent(app, "one", ("payments",), ("engine",), Counting())
    with pytest.raises(ValueError, match="share one logic"):
        stateful_agent(app, "two", ("invoices",), ("engine",), Counting())
    await app.engine.close()
