"""Table directories that are gone, old, or only half restored."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from rocksdict import Rdict

from streams.rocks import OFFSET_KEY, RocksMemory
from tables.definitions import BUSINESS_TABLES
from tests.faults.named.registry import Fault, Size
from tests.faults.named.scene import Scene

WEEK_S = 7 * 86_400
WORKERS = ("worker-0", "worker-1")
#: The row that never was.
NOBODY, NOTHING = b"nobody-whom-the-log-knows", b"{}"
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
    """Copies from the start of the run take the place of the tables; one bears a week-old date.

    Both get a row more, of which the changelog knows nothing (any more): so looks a deletion that
    it has forgotten.
    """
    await scene.at(scene.seconds * 0.25)
    for name in WORKERS:
        await _down(scene, name, signal.SIGTERM)
        shutil.copytree(scene.rig.plan.data / name, _copy(scene, name))
        scene.rig.release(name)
        await scene.ready(name)
    await scene.at(scene.seconds * 0.7)
    planted = dict.fromkeys(WORKERS, 0)
    for name in WORKERS:
        await scene.mark(name)
        await _down(scene, name, signal.SIGKILL)
        place = scene.rig.plan.data / name
        shutil.rmtree(place)
        shutil.copytree(_copy(scene, name), place)
        planted[name] = _plant(place, aged_s=WEEK_S if name == "worker-1" else 0)
        scene.rig.release(name)
    scene.figures["tables with a forgotten deletion, a week old"] = planted["worker-1"]
    scene.figures["tables with a forgotten deletion, recent"] = planted["worker-0"]
    scene.expect(all(planted.values()), "there were tables to plant a row in")


async def told(scene: Scene) -> None:
    """Rows with so old a date are not trusted: the changelog may have forgotten deletions.

    The recent tables are the control: their rows are trusted, so the planted one has to be there.
    """
    logs = [path.read_text(errors="replace") for path in scene.rig.home.logs.glob("worker-*.log")]
    lines = sum(text.count("are not of this changelog's past") for text in logs)
    scene.figures["lines about rows thrown away"] = lines
    left = {}
    for name in WORKERS:
        await _down(scene, name, signal.SIGTERM)
        left[name] = _planted(scene.rig.plan.data / name)
        scene.rig.release(name)
        await scene.ready(name)
    scene.figures["of the week-old ones still there at the end"] = left["worker-1"]
    scene.figures["of the recent ones still there at the end"] = left["worker-0"]
    scene.expect(lines and not left["worker-1"], "week-old rows are thrown away")
    scene.expect(left["worker-0"], "recent rows are kept")


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


def _plant(place: Path, *, aged_s: int) -> int:
    """Set back each store's stamp, which stands beside its changelog's offset.

    Those of business tables get a row that never was (the engine scans its own); gives how many.
    """
    planted = 0
    for table, rows in _stores(place):
        stored = rows.get(OFFSET_KEY)
        if stored is not None:
            offset, stamp = stored.split(b" ")
            rows[OFFSET_KEY] = b"%s %d" % (offset, int(stamp) - aged_s)
            if table in BUSINESS_TABLES:
                rows[NOBODY] = NOTHING
                planted += 1
    return planted


def _planted(place: Path) -> int:
    return sum(rows.get(NOBODY) is not None for _, rows in _stores(place))


def _stores(place: Path) -> Iterator[tuple[str, Rdict]]:
    """Every store below, with the name of its table."""
    for current in sorted(place.rglob("CURRENT")):
        with closing(Rdict(str(current.parent), options=RocksMemory().options())) as rows:
            yield current.parent.parent.name, rows


FAULTS = (
    Fault(name="tables-deleted", act=deleted, short=Size(90, times=3)),
    Fault(name="tables-last-week", act=last_week, after=told, short=Size(120)),
    Fault(name="restore-crash", act=half_restored, short=Size(80)),
)
