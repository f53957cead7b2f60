"""Asking the log how far it reaches, beside the batches: one question at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streams.core.looks import PendingLooks
from streams.core.ports import Log


class EndOffsetQuestion:
    """Asks the end offsets for all looks that have none; `on_answer` is called when they are in.

    Only committed requests may be in `looks`, so every answer is younger than its requests.
    """

    def __init__(self, log: Log, looks: PendingLooks, on_answer: Callable[[], None]) -> None:
        self._log = log
        self._looks = looks
        self._on_answer = on_answer
        self._task: asyncio.Task[dict[str, int]] | None = None

    @property
    def is_open(self) -> bool:
        return self._task is not None

    def move_on(self) -> None:
        """Take the answer if it is in; ask if there is something to ask. Raises what it raised."""
        if self._task is not None and self._task.done():
            answer, self._task = self._task, None
            self._looks.answered(answer.result())
        if self._task is None and self._looks.has_unasked:
            self._looks.ask()
            self._task = asyncio.create_task(self._ask())
            self._task.add_done_callback(lambda _: self._on_answer())

    async def forget(self) -> None:
        """Nobody waits for the answer any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.exception()  # seen: the lane ends for another reason

    async def _ask(self) -> dict[str, int]:
        return await self._log.end_offsets(self._looks.topics)
