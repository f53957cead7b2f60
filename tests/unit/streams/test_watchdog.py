"""Who stands still while there is something to read is stuck; who is slow or idle is not."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from streams.watchdog import STUCK_S, Stuck, Watchdog

PLACE = ("payments", 0)


def watchdog() -> Watchdog:
    return Watchdog(cast(Any, None), "test", _in_the_group)


async def _in_the_group() -> None:
    """Nothing to say."""


def test_standing_still_with_records_waiting_is_stuck() -> None:
    """Only after the whole time, and the message says where."""
    dog = watchdog()
    dog.look({PLACE: 10}, {PLACE: 4}, 0.0)
    dog.look({PLACE: 12}, {PLACE: 4}, STUCK_S)
    with pytest.raises(Stuck, match="payments partition 0 stands at 4, 9 behind"):
        dog.look({PLACE: 13}, {PLACE: 4}, STUCK_S + 1)


def test_moving_slowly_is_not_stuck() -> None:
    """A large backlog takes its time: each step counts."""
    dog = watchdog()
    for step in range(10):
        dog.look({PLACE: 1_000_000}, {PLACE: step}, step * STUCK_S)


def test_having_nothing_to_read_is_not_stuck() -> None:
    """At the end of the log, or for a topic whose end nobody told."""
    dog = watchdog()
    for step in range(3):
        dog.look({PLACE: 4}, {PLACE: 4, ("other", 1): 0}, step * 2 * STUCK_S)


def test_a_commit_that_never_comes_is_stuck() -> None:
    """A pool's calls are answered, but the group's offset stays: a restart would repeat them."""
    dog = watchdog()
    dog.look_at_commits({PLACE: (4, 10)}, 0.0)
    with pytest.raises(Stuck, match="payments partition 0 stands at 4, 8 behind"):
        dog.look_at_commits({PLACE: (4, 12)}, STUCK_S + 1)


def test_a_pool_that_waits_for_its_head_is_not_stuck() -> None:
    """The outside may be down for hours: nothing may be committed then, however much waits."""
    dog = watchdog()
    for step in range(3):
        dog.look_at_commits({PLACE: (4, 4)}, step * 2 * STUCK_S)


async def test_a_consumer_that_does_not_answer_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the one who looks for others that stand still would stand still himself."""
    monkeypatch.setattr("streams.watchdog.INTERVAL_S", 0.0)
    monkeypatch.setattr("streams.watchdog.STUCK_S", 0.05)

    async def silent() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck, match="thread has not answered"):
        await asyncio.wait_for(Watchdog(cast(Any, None), "test", silent).run(), 5)
