"""When the clock may leap: nothing waits for a gateway any more."""

from __future__ import annotations

from api.machine.dispatchers import Dispatchers


class FakeLog:
    def __init__(self, end: int, stable: int, committed: int | None) -> None:
        self.end, self.stable, self.group = end, stable, committed

    async def publish(self, *_: object) -> int:
        raise AssertionError("nothing is written")

    async def end_offsets(
        self, topics: object, partitions: int, *, stable: bool = False
    ) -> dict[int, dict[str, int]]:
        return {0: {"messages.sms": self.stable if stable else self.end}}

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        return {} if self.group is None else {0: self.group}


async def _settled(end: int, stable: int, committed: int | None) -> bool:
    log = FakeLog(end, stable, committed)
    groups = {"messages.sms": "dunnock-dispatcher-sms"}
    dispatchers = Dispatchers(log, groups, 1, patience_s=0.02, poll_s=0.005)  # type: ignore[arg-type]
    return await dispatchers.settle()


async def test_an_empty_topic_waits_for_nobody() -> None:
    assert await _settled(0, 0, None)


async def test_the_marker_of_the_last_transaction_is_nobodys_work() -> None:
    assert await _settled(end=5, stable=5, committed=4)


async def test_a_message_that_is_not_dealt_with_is_waited_for() -> None:
    assert not await _settled(end=5, stable=5, committed=3)
    assert not await _settled(end=2, stable=2, committed=None)


async def test_an_open_transaction_is_waited_for() -> None:
    assert not await _settled(end=5, stable=4, committed=4)
