"""Faust's conductor, delivering lists: a chunk of raw records goes straight to its lane or pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from faust.transport.conductor import Conductor as FaustConductor
from faust.types import TP

from streams.core.records import Chunk

Delivery = Callable[[Chunk], None]


class Conductor(FaustConductor):
    """Keeps Faust's index of topics, agents and subscriptions; replaces the way of a record.

    An event of one of our topics is a list. No Event, Message, queue item, future or sensor call
    is made for a single record: that is what makes stock Faust slow.
    """

    def _build_handler(self, tp: TP, channels: Any) -> Any:
        engine = cast(Any, self.app).engine
        deliver: Delivery = engine.offer
        return deliver

    def delivery(self, tp: TP) -> Delivery:
        """Where chunks of this topic and partition go. Raises KeyError when nobody subscribed."""
        return cast(Delivery, self._tp_to_callback[tp])
