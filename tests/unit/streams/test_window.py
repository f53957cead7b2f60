"""The ack window: what is committed is always a prefix of what was read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.window import AckWindow


def test_nothing_is_committable_while_the_head_is_missing() -> None:
    window = AckWindow()
    for offset in (0, 1, 2):
        window.add(offset, offset + 1)
    window.ack(1)
    window.ack(2)
    assert window.committable() is None
    window.ack(0)
    assert window.committable() == 3


def test_a_fresh_window_knows_nothing() -> None:
    assert AckWindow().committable() is None


def test_offset_zero_is_an_offset() -> None:
    window = AckWindow()
    window.add(0, 1)
    assert window.committable() is None
    window.ack(0)
    assert window.committable() == 1


def test_gaps_of_compaction_and_markers_are_committed_with_their_record() -> None:
    window = AckWindow()
    window.add(7, 8)
    window.add(12, 13)
    window.skip_to(15)
    window.ack(12)
    assert window.committable() is None
    window.ack(7)
    assert window.committable() == 15


def test_an_empty_chunk_moves_an_empty_window() -> None:
    window = AckWindow()
    window.skip_to(4)
    assert window.committable() == 4


def test_acks_of_an_older_assignment_change_nothing() -> None:
    window = AckWindow()
    window.add(5, 6)
    for unknown in (3, 6, 99):
        window.ack(unknown)
    assert window.committable() is None
    window.ack(5)
    window.ack(5)
    assert window.committable() == 6


def test_an_offset_read_twice_is_refused() -> None:
    window = AckWindow()
    window.add(5, 6)
    with pytest.raises(ValueError, match="offset 5"):
        window.add(5, 6)
    window.skip_to(9)
    window.ack(5)
    with pytest.raises(ValueError, match="offset 8"):
        window.add(8, 9)


def test_it_is_full_until_the_head_is_acked() -> None:
    window = AckWindow(limit=2)
    window.add(0, 1)
    window.add(1, 2)
    window.ack(1)
    assert window.full
    window.ack(0)
    assert not window.full


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.randoms())
def test_any_order_of_acks_commits_the_acked_prefix(steps: list[int], random: object) -> None:
    offsets = [sum(steps[: index + 1]) for index in range(len(steps))]
    window = AckWindow()
    for offset in offsets:
        window.add(offset, offset + 1)
    order = list(offsets)
    random.shuffle(order)  # type: ignore[attr-defined]
    acked: set[int] = set()
    for offset in order:
        window.ack(offset)
        acked.add(offset)
        prefix = [o for i, o in enumerate(offsets) if acked.issuperset(offsets[: i + 1])]
        assert window.committable() == (prefix[-1] + 1 if prefix else None)
    assert len(window) == 0
