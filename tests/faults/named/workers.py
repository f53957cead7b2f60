"""What is done to workers."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from functools import partial
from pathlib import Path

from tests.faults.chaos import STOPPED_S
from tests.faults.load import plan
from tests.faults.named.registry import Fault, Size
from tests.faults.named.scene import Scene
from tests.faults.stack import alive

JOIN_OR_LEAVE_S = 3.0
#: After so long a dead worker's partitions are not coming back.
BACK_S_MAX = 90.0
#: Records before a worker when it is asked to stop, and how long it has been at them then.
BURST, BURST_S = 300, 0.15
#: The worker's own limit is 8 s; a busy machine needs longer to say so.
STOPS_S_MAX = 30.0
#: A start on a machine on which others compute.
READY_S_MAX = 240.0


async def kill(scene: Scene) -> None:
    """Kill -9 of a worker that has partitions; the next once those have moved again.

    Without that wait the next one hits whoever has just got partitions: a machine on which a start
    takes as long as the pause between two kills would never get anywhere.
    """
    for number in range(scene.times):
        await scene.at(scene.spread(number))
        name = await scene.some_worker()
        await scene.mark(name)
        scene.rig.kill(name)
        back = await scene.until(scene.are_back, BACK_S_MAX)
        scene.expect(back, f"the partitions of kill {number + 1} move again")


async def terminate(scene: Scene) -> None:
    """SIGTERM right behind a burst of records; it has to end by itself, with code 0."""
    took, busy = [], 0
    for number in range(scene.times):
        await scene.at(scene.spread(number))
        name = await scene.some_worker()
        await scene.ready(name)  # one that is still importing has no handler yet
        partitions = await scene.partitions(name)
        pid = scene.rig.pids(name)[name]
        await _burst(scene)
        asked = time.monotonic()
        scene.rig.kill(name, signal.SIGTERM)
        busy += scene.watch.behind(partitions)
        scene.expect(await scene.until(partial(_gone, pid), STOPS_S_MAX), f"{name} stops at all")
        took.append(time.monotonic() - asked)
        scene.report(f"{name} stopped after {took[-1]:.1f} s")
    scene.figures["asked to stop with records before them"] = busy
    scene.figures["longest stop, s"] = round(max(took), 1)


async def _burst(scene: Scene) -> None:
    """Some hundred records at once: at the usual rate a worker is between two batches mostly."""
    for _, one in plan(scene.rng.randrange(1 << 31), BURST, 1):
        scene.publisher.send(one)
    await asyncio.sleep(BURST_S)


async def _gone(pid: int) -> bool:
    return not alive(pid)


async def ended_cleanly(scene: Scene) -> None:
    """Looked at once all is at rest."""
    said = [line.split(":")[0] for line in scene.said]
    ends = [line for line in said if line.startswith("worker-") and " ended (" in line]
    clean = sum("(code 0)" in line for line in ends)
    scene.figures["ended by themselves"] = clean
    scene.expect(clean == len(ends) == scene.times, f"each SIGTERM ends a worker cleanly ({ends})")


async def stop(scene: Scene) -> None:
    """SIGSTOP beyond the session; says how each of the two workers came out of it."""
    both = 0
    for number in range(scene.times):
        await scene.at(scene.spread(number))
        name = await scene.some_worker()
        before = len(scene.said)
        await scene.mark(name)
        pid = scene.rig.pids(name)[name]
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(STOPPED_S)
        if alive(pid):
            os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(6)
        ended = {line.split()[0] for line in scene.said[before:] if " ended (" in line}
        both += len(ended & {"worker-0", "worker-1"}) > 1
        scene.report(f"round {number + 1}: {name} was stopped; ended: {sorted(ended) or 'nobody'}")
    scene.figures["rounds in which both workers ended"] = both


async def storm(scene: Scene) -> None:
    """Every three seconds one of workers 2 to 5 is started, or one that is ready leaves."""
    names = [f"worker-{number}" for number in range(2, 6)]
    starting: dict[str, asyncio.Task[float]] = {}
    leaving: dict[str, asyncio.Task[None]] = {}
    joined = left = 0
    for number in range(1, int(scene.seconds / JOIN_OR_LEAVE_S)):
        await scene.at(number * JOIN_OR_LEAVE_S)
        leaving = {name: task for name, task in leaving.items() if not task.done()}
        ready = [name for name, task in starting.items() if task.done()]
        free = [name for name in names if name not in starting and name not in leaving]
        if ready and (number % 2 or not free):
            name = ready[0]
            del starting[name]
            joined, left = joined + 1, left + 1
            leaving[name] = asyncio.create_task(scene.rig.leave(name))
        elif free:
            scene.rig.join(free[0])
            starting[free[0]] = asyncio.create_task(scene.ready(free[0]))
    await asyncio.gather(*leaving.values())
    for name, task in starting.items():
        joined += task.done()
        task.cancel()
        await scene.rig.leave(name)
    scene.over()
    scene.figures |= {"joined and became ready": joined, "left": left + len(starting)}
    scene.expect(joined >= scene.seconds / JOIN_OR_LEAVE_S / 5, "it was a storm")


async def rolling(scene: Scene) -> None:
    """SIGTERM, wait until it is ready again, then the other one; never while one is not ready."""
    for number in range(scene.times):
        await scene.at(scene.spread(number))
        for one in ("worker-0", "worker-1"):
            await scene.ready(one, READY_S_MAX)
        name = f"worker-{number % 2}"
        pid = scene.rig.pids(name)[name]
        scene.rig.kill(name, signal.SIGTERM)
        await scene.rig.replaced(name, pid)
        await scene.ready(name, READY_S_MAX)
        scene.report(f"{name} is back")


async def more(scene: Scene) -> None:
    """Six workers, four partitions; some of the six die."""
    held = [len(await scene.partitions(f"worker-{n}")) for n in range(6)]
    scene.figures["workers without a partition"] = held.count(0)
    scene.expect(sum(held) == 4, f"each partition has one owner ({held})")
    await kill(scene)


async def promote(scene: Scene) -> None:
    """A worker dies and stays away: whoever has the copy takes over."""
    await scene.at(scene.seconds * 0.4)
    name = await scene.some_worker()
    other = "worker-1" if name == "worker-0" else "worker-0"
    await scene.mark(name)
    scene.rig.hold(name)
    scene.rig.kill(name)

    async def has_all() -> bool:
        return len(await scene.partitions(other)) == 4

    taken = await scene.until(has_all, 60)
    scene.expect(taken, "the other worker takes over every partition")
    await scene.ready(other)
    scene.figures["other worker ready after, s"] = round(time.monotonic() - scene.marks[-1][0], 1)
    await scene.at(scene.seconds * 0.85)
    scene.rig.release(name)


async def limit(scene: Scene) -> None:
    """No more memory than a worker has now (RLIMIT_AS), in turn; then a new life without limit."""
    ended = 0
    for number in range(scene.times):
        await scene.at(scene.spread(number))
        name = await scene.some_worker()
        pid = scene.rig.pids(name)[name]
        _no_more_memory(pid)
        await asyncio.sleep(scene.seconds / scene.times * 0.6)
        if alive(pid):
            scene.rig.kill(name)
        else:
            ended += 1
    scene.figures["workers that ended of it"] = ended


def _no_more_memory(pid: int) -> None:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    size = pages * os.sysconf("SC_PAGE_SIZE")
    resource.prlimit(pid, resource.RLIMIT_AS, (size, size))


FAULTS = (
    Fault(name="worker-kill", act=kill, short=Size(120, times=8), full=Size(1000, 20, times=50)),
    Fault(name="sigterm", act=terminate, after=ended_cleanly, short=Size(75, times=5)),
    Fault(name="sigstop", act=stop, short=Size(90, times=3), full=Size(270, times=10)),
    Fault(name="storm", act=storm, short=Size(120)),
    Fault(name="rolling-restart", act=rolling, short=Size(80, times=4)),
    Fault(name="more-workers-than-partitions", act=more, short=Size(75, times=4), workers=6),
    Fault(name="standby-promotion", act=promote, short=Size(70)),
    Fault(name="memory-limit", act=limit, short=Size(75, times=3)),
)
