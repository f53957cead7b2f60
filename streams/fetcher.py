"""Faust's fetcher, so that its end is never silent: either we stopped it or the app crashes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from faust.transport.consumer import Fetcher as FaustFetcher
from mode import Service

if TYPE_CHECKING:
    from streams.consumer import Consumer

STOP_TIMEOUT_S = 5.0


class Fetcher(FaustFetcher):
    """Runs the consumer's drain loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._drained = asyncio.Event()
        self._drained.set()

    async def on_stop(self) -> None:
        """Let the loop end by itself: cancelled with a list in hand it would lose records."""
        try:
            await asyncio.wait_for(self._drained.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self.log.warning("the fetcher does not stop; cancelling it")

    @Service.task
    async def _fetcher(self) -> None:
        self._drained.clear()
        try:
            await cast("Consumer", self.app.consumer)._drain_messages(self)  # noqa: SLF001
        except asyncio.CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the app must not go on
            await self.app.crash(error)
        finally:
            self._drained.set()
            self.set_shutdown()
