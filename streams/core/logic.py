"""The seam between the engine and what it runs: a `Logic` folds events over rows, synchronously.

The engine calls a logic for each record, each timer that fell due and each look whose end
offsets have been applied. A logic does no I/O, reads no clock and keeps no state of its own:
everything it knows comes from its arguments, so the same batch twice gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from streams.core.records import Output, Record


class Refused(Exception):
    """Raised while something is handled: all it did is undone, and it becomes a dead letter.

    `reason` is a short code, `detail` for people. Everything else that is raised is a defect.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Timer:
    """A due thing of one partition: `timer_id` is unique in it, `due` has whole milliseconds."""

    timer_id: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """A decision that was put aside until its partition had read the log up to `end_offsets`.

    `ref` is the logic's own name for what is to be decided.
    """

    ref: str
    end_offsets: tuple[tuple[str, int], ...]


class Context(Protocol):
    """What a logic may use while it handles one thing. All reads see the batch's own writes.

    A row or an output that the log would refuse for its size raises `Refused`; let it pass.
    """

    @property
    def partition(self) -> int: ...

    @property
    def now(self) -> datetime:
        """The latest tick this partition has seen. Never goes back."""

    def get(self, table: str, key: str) -> bytes | None: ...

    def put(self, table: str, key: str, value: bytes) -> None: ...

    def delete(self, table: str, key: str) -> None: ...

    def set_timer(self, timer: Timer) -> None:
        """One due now or earlier fires before the next record; so does one set while firing."""

    def cancel_timer(self, timer: Timer) -> None: ...

    def request_look(self, ref: str) -> None:
        """Put `ref` aside durably. Asking twice before it is decided is asking once, with the
        end offsets of the second time.
        """

    def emit(self, output: Output) -> None: ...

    def dead_letter(self, record: Record, reason: str, detail: str) -> None:
        """Send the record as it came to `dead-letters`; `reason` is a short code."""


class Logic(Protocol):
    """The behaviour of one stateful agent."""

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """(table, key) of rows the record will need, for one multi-get per batch. Cheap; a hint.

        Also asked of records that can't be decoded: it gives nothing then and never raises.
        """

    def on_record(self, record: Record, ctx: Context) -> None:
        """May raise `Refused`, as may the two below."""

    def on_timer(self, timer: Timer, ctx: Context) -> None: ...

    def on_look(self, look: Look, ctx: Context) -> None: ...
