"""A time zone that nobody knows is a dead letter: it ended the worker, again and again."""

from __future__ import annotations

import orjson
import pytest

from streams.codec import BadRecord, decode_input, headers_of
from streams.core.records import Record
from tests.simulation.town_hall import START, customer


@pytest.mark.parametrize("zone", ["Moon", "Europe/Nowhere", "EUROPE", "Europe", "../etc", ""])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """Whatever the library raises for it: not found is a KeyError, a directory an OSError."""
    value = orjson.dumps(customer(timezone=zone))
    headers = headers_of("customer.updated.v1", "e-1", START, "erp")
    with pytest.raises(BadRecord, match="timezone"):
        decode_input("customers", Record("customers", 0, 0, b"anna", value, headers))
