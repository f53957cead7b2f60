"""An open lane for the tests of lanes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from tests.unit.streams.bench import Bench

# Cores are shared with whatever else runs: an example that takes long is no failure.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = await Bench().opened()
    yield made
    await made.lane.stop()
