"""The product's worker, watched: it notes when each look asked for its end offsets, and decided.

It also gives signs (datagrams) when a reminder falls due in a batch, moments before its look, and
when the look begins, so that payments can be aimed at the look's own milliseconds.

With --hasty the last look is taken out: a reminder is decided in the batch in which it falls due,
against whatever happens to be applied. Nothing in the product can be switched like that.
"""

from __future__ import annotations

import argparse
import json
import socket
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from dunnock.serve import serve
from runtime.settings import settings
from streams.core import fold, lane
from streams.core.context import BatchContext
from streams.core.engine_rows import ENGINE_TABLE, look_key
from streams.core.logic import Look
from streams.core.looks import PendingLooks
from streams.group_reader import GroupReader
from streams.topics import LOOK_TOPICS, TopicNames


class Watch:
    """Writes a line for each look, and sends its signs to whoever aims the payments."""

    def __init__(self, notes: TextIO, port: int) -> None:
        self._notes = notes
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._address = "127.0.0.1", port

    def sign(self, kind: str, ref: str) -> None:
        """A lost datagram costs a well-aimed try, nothing else."""
        self._socket.sendto(f"{kind}|{ref}".encode(), self._address)

    def note(self, asked: float, ends: Mapping[str, int], refs: Sequence[str]) -> None:
        """Call when the answer is there."""
        line = {"asked": asked, "answered": time.time(), "ends": dict(ends), "refs": list(refs)}
        self._notes.write(json.dumps(line) + "\n")

    def decided(self, ref: str) -> None:
        """Call when the logic is about to decide: what it does not know by now, it can't count."""
        self._notes.write(json.dumps({"decided": time.time(), "ref": ref}) + "\n")


def watched_looks(watch: Watch) -> type[PendingLooks]:
    """Behaves exactly as it did."""

    class WatchedLooks(PendingLooks):
        _asked_at = 0.0

        def ask(self) -> None:
            refs = list(self._unasked)
            self._asked_at = time.time()
            super().ask()
            for ref in refs:
                watch.sign("asks", ref)

        def answered(self, end_offsets: Mapping[str, int]) -> None:
            watch.note(self._asked_at, end_offsets, list(self._asked))
            super().answered(end_offsets)

    return WatchedLooks


def watched_context(watch: Watch) -> type[BatchContext]:
    """Behaves exactly as it did."""

    class WatchedContext(BatchContext):
        def request_look(self, ref: str) -> None:
            super().request_look(ref)
            watch.sign("due", ref)

    return WatchedContext


def watched_folding(watch: Watch) -> type[Any]:
    """Behaves exactly as it did."""

    class WatchedFolding(fold._Folding):
        def _or_dead(self, cause: Any, handle: Any, what: Any) -> None:
            if isinstance(what, Look):
                watch.decided(what.ref)
            super()._or_dead(cause, handle, what)

    return WatchedFolding


def hasty_folding(watch: Watch) -> type[Any]:
    """Decides every reminder at once; its claim is what the broker says at that moment."""
    reader = GroupReader(settings().kafka, f"{settings().app_id}-hasty")
    names = TopicNames(settings().topic_prefix)

    class HastyFolding(fold._Folding):
        def _decide(self) -> Generator[None, None, tuple[str, ...]]:
            refs = list(self._ctx.requested)
            if refs:
                asked = time.time()
                for ref in refs:
                    watch.sign("asks", ref)
                wire = [names.wire(topic) for topic in LOOK_TOPICS]
                found = reader.end_offsets(wire, self._ctx.partition)
                ends = {names.plain(topic): end for topic, end in found.items()}
                watch.note(asked, ends, refs)
                self._ctx.requested.clear()
                for ref in refs:
                    self._rows.delete(ENGINE_TABLE, look_key(ref))
                    watch.decided(ref)
                    self._logic.on_look(Look(ref, tuple(ends.items())), self._ctx)
                    yield
            return ()

    return HastyFolding


def main() -> None:
    """Serve until SIGTERM, as `dunnock worker` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--signal-port", type=int, required=True)
    parser.add_argument("--hasty", action="store_true")
    chosen = parser.parse_args()
    with chosen.notes.open("a", buffering=1) as notes:
        watch = Watch(notes, chosen.signal_port)
        # Lane and fold take these classes by name; set before any lane exists, in this process.
        setattr(lane, "PendingLooks", watched_looks(watch))  # noqa: B010
        setattr(fold, "BatchContext", watched_context(watch))  # noqa: B010
        folding = hasty_folding(watch) if chosen.hasty else watched_folding(watch)
        setattr(fold, "_Folding", folding)  # noqa: B010
        serve("dunnock.worker", ())


if __name__ == "__main__":
    main()
