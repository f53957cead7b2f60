"""Parts are started in order, started again when they die, and all stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dunnock.embedded.problems import Problem
from dunnock.embedded.process import Program
from dunnock.stack import Part
from dunnock.supervisor import Supervisor

_SERVE = "import pathlib,sys,time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SERVE


@dataclass
class Bench:
    """Parts that are ready when they have written their file, and what was said of them."""

    place: Path
    said: list[str] = field(default_factory=list)
    changes: list[None] = field(default_factory=list)
    supervisors: list[Supervisor] = field(default_factory=list)

    def part(self, name: str, code: str = _SERVE, after: tuple[str, ...] = ()) -> Part:
        return Part(name=name, make=lambda: self.program(name, code), after=after)

    def program(self, name: str, code: str) -> Program:
        mark = self.place / f"{name}.ready"
        mark.unlink(missing_ok=True)

        def probe() -> None:
            if not mark.exists():
                raise ConnectionError("not yet")

        argv = (sys.executable, "-S", "-c", code, str(mark))
        return Program(name=name, argv=argv, address="", probe=probe)

    def supervisor(self, *parts: Part) -> Supervisor:
        made = Supervisor(parts, self.place, self.said.append, lambda: self.changes.append(None))
        self.supervisors.append(made)
        return made


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for supervisor in bench.supervisors:
        await supervisor.stop()


async def until(condition: Callable[[], object], bound_s: float = 10) -> None:
    async with asyncio.timeout(bound_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_part_starts_when_those_before_it_are_ready(bench: Bench) -> None:
    order: list[str] = []
    first = bench.part("first")
    seen = Part(
        name="second",
        make=lambda: (
            order.append(str((bench.place / "first.ready").exists()))
            or bench.program("second", _SERVE)
        ),
        after=("first",),
    )
    supervisor = bench.supervisor(seen, first)
    await supervisor.start()
    assert order == ["True"]
    assert set(supervisor.pids) == {"first", "second"}


async def test_a_killed_part_is_back_at_once_under_a_new_pid(bench: Bench) -> None:
    supervisor = bench.supervisor(bench.part("web"))
    await supervisor.start()
    old = supervisor.pids["web"]
    os.kill(old, signal.SIGKILL)
    await until(lambda: supervisor.pids.get("web", old) != old, bound_s=2)
    assert bench.said[0].startswith("web ended (SIGKILL)")
    assert bench.said[1] == f"web is started again as process {supervisor.pids['web']}."
    assert len(bench.changes) == 1


async def test_three_deaths_in_a_minute_are_followed_by_a_wait(bench: Bench) -> None:
    supervisor = bench.supervisor(bench.part("web"))
    await supervisor.start()
    for _ in range(3):
        pid = supervisor.pids["web"]
        os.kill(pid, signal.SIGKILL)
        await until(lambda pid=pid: supervisor.pids.get("web", pid) != pid)
    ends = [line for line in bench.said if " ended " in line]
    assert ["next start in" in line for line in ends] == [False, False, True]


async def test_what_never_gets_ready_ends_the_start_with_its_last_words(bench: Bench) -> None:
    supervisor = bench.supervisor(
        bench.part("web", "import sys; print('no such table'); sys.exit(3)"), bench.part("other")
    )
    with pytest.raises(Problem, match=r"web ended with code 3 .* no such table"):
        await supervisor.start()


async def test_a_full_disk_is_named(bench: Bench) -> None:
    supervisor = bench.supervisor(
        bench.part("kafka", "import sys; print('No space left on device'); sys.exit(1)")
    )
    with pytest.raises(Problem, match="kafka found the disk full: free some space"):
        await supervisor.start()


async def test_a_one_shot_part_is_ready_when_it_has_ended(bench: Bench) -> None:
    once = Part(name="prepare", make=lambda: bench.program("prepare", "0"), one_shot=True)
    supervisor = bench.supervisor(once, bench.part("web", after=("prepare",)))
    await supervisor.start()
    assert set(supervisor.pids) == {"web"}


async def test_stop_leaves_no_process_and_ends_dependants_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dunnock.supervisor._STOP_BOUND_S", 0.5)
    supervisor = bench.supervisor(bench.part("deaf", _DEAF), bench.part("web", after=("deaf",)))
    await supervisor.start()
    pids = supervisor.pids
    stopping = asyncio.create_task(supervisor.stop())
    await until(lambda: not alive(pids["web"]), bound_s=3)
    assert alive(pids["deaf"])
    await stopping
    assert not alive(pids["deaf"])
    assert bench.said == ["deaf did not stop within 0 s and is killed."]


async def test_stop_before_everything_is_ready(bench: Bench) -> None:
    supervisor = bench.supervisor(
        bench.part("slow", "import time; time.sleep(600)"), bench.part("web", after=("slow",))
    )
    starting = asyncio.create_task(supervisor.start())
    await until(lambda: supervisor.pids)
    pids = supervisor.pids
    starting.cancel()
    await supervisor.stop()
    assert [pid for pid in pids.values() if alive(pid)] == []
