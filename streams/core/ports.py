"""What a lane needs of the world: a log to commit to and ask, and a store for its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from streams.core.records import Output

Changes = Mapping[bytes, bytes | None]


class Store(Protocol):
    """Rows of one table in one partition, sorted by key. Never ahead of its changelog."""

    def get(self, key: bytes) -> bytes | None: ...

    def multi_get(self, keys: Sequence[bytes]) -> list[bytes | None]: ...

    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Rows with start <= key < stop in key order, at most `limit`. Holds no iterator after."""

    def commit_rows(self, changes: Changes, changelog_offset: int) -> None:
        """Write the rows and the changelog offset in one atomic step."""

    def changelog_offset(self) -> int | None:
        """The changelog offset of the last row applied, None for a new store."""


class Log(Protocol):
    """The log as one partition's lane sees it."""

    async def end_offsets(self, topics: Sequence[str]) -> dict[str, int]:
        """High watermarks (uncommitted records included) of this partition, asked for now."""

    async def commit(
        self,
        outputs: Sequence[Output],
        changes: Mapping[str, Changes],
        offsets: Mapping[str, int],
    ) -> dict[str, int]:
        """All or nothing: outputs, one changelog record per changed row, source positions.

        `changes` by table, `offsets` by source topic (next offset to read). Gives, for each
        table with changes, the changelog offset of its last record. Raises `Fenced` when another
        owner has the partition, `BatchAborted` when the batch may be run again.
        """


class Turns(Protocol):
    """Lanes whose batches share a transaction fold at the same time, while none is under way."""

    async def enter(self) -> None:
        """Wait until no transaction is under way. The next one waits for our `leave`."""

    def leave(self) -> None:
        """We commit now, or have nothing to commit."""


class Fenced(Exception):
    """Another worker owns this partition now; this process must end."""


class BatchAborted(Exception):
    """The transaction was aborted; nothing was written and the batch may be run again."""
