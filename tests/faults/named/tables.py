"""Table directories that are gone, old, or only half restored."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

from rocksdict import Rdict

from streams.rocks import OFFSET_KEY, RocksMemory
from tests.faults.named.registry import Fault, Size
from tests.faults.named.scene import Scene

WEEK_S = 7 * 86_400
WORKERS = ("worker-0", "worker-1")
#: Deaths in the middle of a restore that each worker is given.
DEATHS = 3


async def deleted(scene: Scene) -> None:
    """Killed, directory deleted, started again; in turn, at the end both at once."""
    for number in range(scene.times):
        await scene.at(scene.spread(number))
        names = WORKERS if number == scene.times - 1 else (WORKERS[number % 2],)
        for name in names:
            await scene.mark(name)
            scene.rig.hold(name)
            scene.rig.kill(name)
        for name in names:
            await scene.rig.ended(name)
            shutil.rmtree(scene.rig.plan.data / name)
            scene.rig.release(name)


async def last_week(scene: Scene) -> None:
    """Copies from the start of the run take the place of the tables; one bears a week-old date."""
    await scene.at(scene.seconds * 0.25)
    for name in WORKERS:
        await _down(scene, name, signal.SIGTERM)
        shutil.copytree(scene.rig.plan.data / name, _copy(scene, name))
        scene.rig.release(name)
        await scene.ready(name)
    await scene.at(scene.seconds * 0.7)
    for name in WORKERS:
        await scene.mark(name)
        await _down(scene, name, signal.SIGKILL)
        place = scene.rig.plan.data / name
        shutil.rmtree(place)
        shutil.copytree(_copy(scene, name), place)
        if name == "worker-1":
            _age(place)
        scene.rig.release(name)


async def told(scene: Scene) -> None:
    """Rows with so old a date are not trusted: the changelog may have forgotten deletions."""
    logs = [path.read_text(errors="replace") for path in scene.rig.home.logs.glob("worker-*.log")]
    scene.figures["lines about rows thrown away"] = sum(
        text.count("are not of this changelog's past") for text in logs
    )
    scene.expect(scene.figures["lines about rows thrown away"], "week-old rows are thrown away")


async def half_restored(scene: Scene) -> None:
    """Both workers lose their tables and die several times in the middle of restoring them."""
    await scene.at(scene.seconds * 0.6)
    for name in WORKERS:
        await _down(scene, name, signal.SIGKILL)
        shutil.rmtree(scene.rig.plan.data / name)
    deaths = scene.rig.plan.data / "deaths-left"
    deaths.write_text(str(DEATHS * len(WORKERS)))
    scene.rig.env["FAULT_DEATHS_FILE"] = str(deaths)
    begun = time.monotonic()
    for name in WORKERS:
        scene.rig.modules[name] = "tests.faults.named.dying_worker"
        scene.rig.release(name)

    async def over() -> bool:
        return deaths.read_text() == "0"

    scene.expect(await scene.until(over, 150), "each worker died in the middle of a restore")
    left = int(deaths.read_text())
    scene.figures["deaths in a restore"] = DEATHS * len(WORKERS) - left
    for name in WORKERS:
        await scene.ready(name, 120)
    scene.figures["ready after the first start, s"] = round(time.monotonic() - begun, 1)


async def _down(scene: Scene, name: str, how: signal.Signals) -> None:
    scene.rig.hold(name)
    scene.rig.kill(name, how)
    await scene.rig.ended(name)


def _copy(scene: Scene, name: str) -> Path:
    return scene.rig.plan.data / f"{name}-last-week"


def _age(place: Path) -> None:
    """Set back the stamp that each store carries beside its changelog's offset."""
    for current in place.rglob("CURRENT"):
        rows = Rdict(str(current.parent), options=RocksMemory().options())
        stored = rows.get(OFFSET_KEY)
        if stored is not None:
            offset, stamp = stored.split(b" ")
            rows[OFFSET_KEY] = b"%s %d" % (offset, int(stamp) - WEEK_S)
        rows.close()


FAULTS = (
    Fault(name="tables-deleted", act=deleted, short=Size(90, times=3)),
    Fault(name="tables-last-week", act=last_week, after=told, short=Size(120)),
    Fault(name="restore-crash", act=half_restored, short=Size(80)),
)
