"""Before a partition is read: nothing that a former owner wrote may become final any more.

The broker refuses positions of a former generation, so a former owner can begin nothing that is
ever committed. What is left is what it had begun: a transaction whose positions were taken before
the group moved on, and one whose markers are still being written. Both hold up a committed read.
This waits for them, and ends those whose writer does not come back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable

from streams.group_reader import GroupReader, Position
from streams.producer import TransactionalProducer

logger = logging.getLogger(__name__)

#: A living predecessor ends its transaction within this; after it, it is ended.
PATIENCE_S = 1.0
STABLE_WAIT_S = 0.5
PAUSE_S = 0.02
#: Longer than the broker needs to end a transaction by its timeout, which is the last resort: the
#: writer of a partition's very first transaction stands nowhere.
LIMIT_S = 120.0


class StillOpen(Exception):
    """A transaction of a former owner does not end. The process must."""


def settled_ends(
    bootstrap: str,
    reader: GroupReader,
    sources: Collection[Position],
    changelogs: Collection[Position],
    own_id: str,
    wanted: Callable[[], bool],
) -> dict[Position, int]:
    """The ends of `changelogs`, once all before them is final and nothing of others can follow.

    `sources` are all positions that a transaction of these partitions may carry. Blocking; gives
    up, with what it has, when `wanted` is false. Raises `StillOpen`.
    """
    began, ended = time.monotonic(), {own_id}
    while wanted():
        ends = _settled(reader, sources, changelogs)
        if ends is not None:
            return ends
        waited_s = time.monotonic() - began
        if waited_s > LIMIT_S:
            raise StillOpen(f"transactions on {sorted(changelogs)} stay open")
        if waited_s > PATIENCE_S:
            ended |= _end(bootstrap, reader.writers(sources) - ended)
        time.sleep(PAUSE_S)
    return {}


def _settled(
    reader: GroupReader, sources: Collection[Position], changelogs: Collection[Position]
) -> dict[Position, int] | None:
    """In this order: from stable positions on, nothing new of a former owner can be committed."""
    if not reader.are_stable(sources, STABLE_WAIT_S):
        return None
    ends = reader.ends(changelogs)
    committed = reader.committed_ends(changelogs)
    return ends if all(committed[position] >= end for position, end in ends.items()) else None


def _end(bootstrap: str, transactional_ids: Iterable[str]) -> set[str]:
    """Abort their open transactions and fence them: a process that has one must start again."""
    ended = set(transactional_ids)
    for transactional_id in sorted(ended):
        logger.warning("ending the open transaction of %s", transactional_id)
        producer = TransactionalProducer(bootstrap, transactional_id)
        producer.init()
        producer.close()
    return ended
