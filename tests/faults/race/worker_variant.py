"""The product's worker, watched: it notes when each look asked the broker for its end offsets.

It also gives signs (datagrams) when a reminder falls due in a batch, moments before its look, and
when the look begins, so that payments can be aimed at the look's own milliseconds.

With --hasty the last look is taken out: a reminder is decided at once, without waiting until the
partition has applied what the broker reported. Nothing in the product can be switched like that.
"""

from __future__ import annotations

import argparse
import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from dunnock.serve import serve
from streams.core import fold, lane
from streams.core.context import BatchContext
from streams.core.logic import Look
from streams.core.looks import PendingLooks


class Signs:
    """Datagrams to whoever aims the payments. A lost one costs a well-aimed try, nothing else."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._address = "127.0.0.1", port

    def give(self, kind: str, ref: str) -> None:
        self._socket.sendto(f"{kind}|{ref}".encode(), self._address)


def watched(notes: TextIO, signs: Signs) -> type[PendingLooks]:
    """PendingLooks that writes one line per answered question."""

    class WatchedLooks(PendingLooks):
        """Behaves exactly as it did."""

        _asked_at = 0.0

        def ask(self) -> None:
            refs = list(self._unasked)
            self._asked_at = time.time()
            super().ask()
            for ref in refs:
                signs.give("asks", ref)

        def answered(self, end_offsets: Mapping[str, int]) -> None:
            line = {
                "asked": self._asked_at,
                "answered": time.time(),
                "ends": dict(end_offsets),
                "refs": list(self._asked),
            }
            super().answered(end_offsets)
            notes.write(json.dumps(line) + "\n")

    return WatchedLooks


def hasty(base: type[PendingLooks]) -> type[PendingLooks]:
    """The same without patience: every look is ready as soon as it has its end offsets."""

    class HastyLooks(base):  # type: ignore[misc, valid-type]
        """Decides against what happens to be applied."""

        def ready(self, applied: Mapping[str, int], limit: int) -> tuple[Look, ...]:
            del applied
            return tuple(Look(ref, ends) for ref, ends in list(self._waiting.items())[:limit])

    return HastyLooks


def signalling(signs: Signs) -> type[BatchContext]:
    """A context that gives a sign for each reminder that falls due, as it does."""

    class SignallingContext(BatchContext):
        """Behaves exactly as it did."""

        def request_look(self, ref: str) -> None:
            super().request_look(ref)
            signs.give("due", ref)

    return SignallingContext


def main() -> None:
    """Serve until SIGTERM, as `dunnock worker` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--signal-port", type=int, required=True)
    parser.add_argument("--hasty", action="store_true")
    chosen = parser.parse_args()
    with chosen.notes.open("a", buffering=1) as notes:
        signs = Signs(chosen.signal_port)
        variant = watched(notes, signs)
        # Lane and fold take these classes by name; set before any lane exists, in this process.
        setattr(lane, "PendingLooks", hasty(variant) if chosen.hasty else variant)  # noqa: B010
        setattr(fold, "BatchContext", signalling(signs))  # noqa: B010
        serve("dunnock.worker", ())


if __name__ == "__main__":
    main()
