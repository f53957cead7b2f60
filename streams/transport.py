"""The Faust transport whose parts are ours. Plugged in through `app.transport`, a public setter."""

from __future__ import annotations

from faust.transport.drivers.aiokafka import Transport as FaustTransport

from streams.conductor import Conductor as _Conductor
from streams.consumer import Consumer as _Consumer
from streams.fetcher import Fetcher as _Fetcher


class Transport(FaustTransport):
    """aiokafka for membership and fetching.

    Faust's producer stays, for topics and metadata only: data is written by `streams.producer`
    and `streams.publisher`.
    """

    Consumer = _Consumer
    Conductor = _Conductor
    Fetcher = _Fetcher
