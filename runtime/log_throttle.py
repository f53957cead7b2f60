"""Keeps libraries from flooding the log.

A client whose broker is away says the same thing hundreds of times a second.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

#: So many records of one text pass in a period; the first of the next says how many didn't.
PASS_MAX = 5
PERIOD_S = 10.0
#: Texts that are told apart at all; more are new texts each time, and pass.
_TEXTS_MAX = 1_000


class Throttle(logging.Filter):
    """For the records of the given loggers and their children; all others pass."""

    def __init__(
        self, loggers: tuple[str, ...], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._loggers = tuple(f"{name}." for name in loggers)
        self._monotonic = monotonic
        #: (logger, level, text before its arguments) -> [start of period, records in it].
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if not f"{record.name}.".startswith(self._loggers):
            return True
        key = (record.name, record.levelno, str(record.msg))
        now = self._monotonic()
        start, count = self._seen.get(key, (now, 0))
        if now - start >= PERIOD_S:
            if count > PASS_MAX:
                record.msg = f"{record.getMessage()} ({count - PASS_MAX} like it left out)"
                record.args = ()
            start, count = now, 0
        if len(self._seen) >= _TEXTS_MAX:
            self._seen.clear()
        self._seen[key] = (start, count + 1)
        return count < PASS_MAX
