"""An open lane for the tests of lanes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.streams.bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = await Bench().opened()
    yield made
    await made.lane.stop()
