"""Pools: what was answered is committed before partitions are given away or the worker stops."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from streams.group_reader import GroupReader
from streams.topics import CHECK_ANSWERS, CHECK_REQUESTS
from tests.integration.engine.harness import Installation, Worker, wait_until

pytestmark = pytest.mark.slow

EACH = 150


def _ask(home: Installation, first: int) -> None:
    home.send(EACH, keys=EACH, topic=CHECK_REQUESTS, first=first)


def _answered(home: Installation, count: int) -> None:
    """Each request once: whoever handled one again has answered it again."""
    markers: Counter[bytes] = Counter()

    def all_answered() -> bool:
        markers.clear()
        markers.update(dict(m.headers())["ce_id"] for m in home.read(home.topic(CHECK_ANSWERS)))
        return len(markers) >= count

    wait_until(all_answered, 40, lambda: f"{len(markers)} of {count} answers")
    assert [marker for marker, times in markers.items() if times > 1] == []


def test_what_was_answered_is_not_asked_again_by_the_next_owner(
    home: Installation, tmp_path: Path
) -> None:
    """Commits by the clock come too late here: only those before a revoke and a stop can help."""
    home.prepare(CHECK_REQUESTS, CHECK_ANSWERS)
    (tmp_path / "go").touch()

    def start(name: str) -> Worker:
        return home.worker(
            name,
            "calling_worker",
            CALLING_GO=str(tmp_path / "go"),
            CALLING_COMMITS_EVERY_S="3600",
        ).wait_ready()

    reader = GroupReader(home.kafka, home.app_id)
    places = [(home.topic(CHECK_REQUESTS), partition) for partition in range(home.partitions)]
    first = start("w1")
    _ask(home, 0)
    _answered(home, EACH)
    assert set(reader.committed(places).values()) == {None}, "committed by the clock already"

    second = start("w2")
    wait_until(lambda: len(first.partitions()) == len(second.partitions()) == 1, 40, first.tail)
    _ask(home, EACH)
    _answered(home, 2 * EACH)

    assert second.stop() == 0, second.tail()
    assert first.stop() == 0, first.tail()
    ends = {place: reader.end_offsets([place[0]], place[1])[place[0]] for place in places}
    assert reader.committed(places) == ends
    reader.close()
    start("w1")
    start("w2")
    _ask(home, 2 * EACH)
    _answered(home, 3 * EACH)


def test_a_commit_under_way_does_not_stand_for_the_last_one(
    home: Installation, tmp_path: Path
) -> None:
    """It began before the last answers; a revoke that comes meanwhile has to commit those too."""
    home.prepare(CHECK_REQUESTS, CHECK_ANSWERS)
    go, release = tmp_path / "go", tmp_path / "release"
    go.touch()
    first = home.worker(
        "w1",
        "held_commit_worker",
        CALLING_GO=str(go),
        CALLING_COMMITS_EVERY_S="0.1",
        HELD_UNTIL=str(release),
    ).wait_ready()
    _ask(home, 0)
    wait_until(lambda: "commits " in first.log.read_text(), 20, first.tail)
    _ask(home, EACH)
    _answered(home, 2 * EACH)

    second = home.worker("w2", "calling_worker", CALLING_GO=str(go))
    wait_until(lambda: first.partitions() == set(), 40, first.tail)
    release.touch()
    wait_until(lambda: len(first.partitions()) == len(second.partitions()) == 1, 40, first.tail)
    _ask(home, 2 * EACH)
    _answered(home, 3 * EACH)
