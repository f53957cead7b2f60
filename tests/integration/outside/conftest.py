"""One stack on the simulated clock for all tests here; each uses customers of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.stack import running_stack
from tests.integration.outside.outsider import Outsider


@pytest.fixture(scope="session")
def outsider() -> Iterator[Outsider]:
    """`dunnock up --no-traffic --clock simulated`, seen from outside by the contract only."""
    with running_stack("--no-traffic", "--clock", "simulated") as stack:
        yield Outsider(stack.info())
