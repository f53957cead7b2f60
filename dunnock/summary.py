"""The live summary of `dunnock up`: one line that is redrawn, or one a while in a log."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import TextIO

from dunnock.figures import Gatherer

_CLEAR = "\r\x1b[K"
_REFRESH_TTY_S = 2.0
_REFRESH_LOG_S = 30.0


class Terminal:
    """Lines for people, above a status line when the stream is a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._status = ""

    @property
    def refresh_s(self) -> float:
        """How often a new status is worth its line."""
        return _REFRESH_TTY_S if self._live else _REFRESH_LOG_S

    def say(self, line: str) -> None:
        """A line that stays."""
        clear = _CLEAR if self._live and self._status else ""
        self._write(f"{clear}{line}\n{self._status if self._live else ''}")

    def status(self, line: str) -> None:
        """A line that the next one replaces."""
        if self._live:  # a line that wraps could not be redrawn
            line = line[: shutil.get_terminal_size().columns - 1]
        self._status = line
        self._write(f"{_CLEAR}{line}" if self._live else f"{line}\n")

    def progress(self, line: str) -> None:
        """A status that is worth nothing in a log."""
        if self._live:
            self.status(line)

    def clear(self) -> None:
        """Take the status away."""
        if self._live and self._status:
            self._write(_CLEAR)
        self._status = ""

    def _write(self, text: str) -> None:
        # Whoever read along is gone: the stack goes on without them.
        with contextlib.suppress(BrokenPipeError):
            self._stream.write(text)
            self._stream.flush()


async def watch(gatherer: Gatherer, terminal: Terminal) -> None:
    """Show the figures of the stack until cancelled."""
    while True:
        terminal.status((await gatherer.gather()).line())
        await asyncio.sleep(terminal.refresh_s)
