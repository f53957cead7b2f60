"""Disks that are full: a small tmpfs in the place of a directory, filled to the last byte."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dunnock.stack import Part, Plan
from tests.faults.named.registry import Fault, Size
from tests.faults.named.scene import Scene

TABLES_MB = 96
POSTGRES_MB = 384
BALLAST = "ballast"
_BLOCK = 1 << 20


def hindered() -> str:
    """Mounting needs rights that a container often lacks."""
    with tempfile.TemporaryDirectory() as name:
        done = _mount(Path(name), 1)
        if done.returncode == 0:
            subprocess.run(["umount", name], check=False)
        return done.stderr.strip()


def _mount(place: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(place)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def small_disks(
    plan: Plan, found: Sequence[Part], *, names: Sequence[str], megabytes: int
) -> Sequence[Part]:
    """The parts as they are, the named ones on a small disk each."""
    for name in names:
        place = plan.data / name
        place.mkdir()
        _mount(place, megabytes).check_returncode()
    return found


def unmount_below(place: Path) -> None:
    """Take away what `small_disks` mounted."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for name in mounted:
        if Path(name).is_relative_to(place):
            subprocess.run(["umount", "-l", name], check=False)


def fill(place: Path) -> None:
    """Leave no byte free."""
    with (place / BALLAST).open("ab", buffering=0) as out:
        for size in (_BLOCK, 4096, 1):
            while True:
                try:
                    out.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break


def empty(place: Path) -> None:
    (place / BALLAST).unlink()


async def tables_full(scene: Scene) -> None:
    """First one worker's disk is full, so that the other has all to do; then both are."""
    data = scene.rig.plan.data
    await scene.at(scene.seconds * 0.2)
    fill(data / "worker-0")
    await scene.at(scene.seconds * 0.5)
    fill(data / "worker-0")
    fill(data / "worker-1")
    await scene.at(scene.seconds * 0.75)
    _tell_deaths(scene, "worker-")
    for name in ("worker-0", "worker-1"):
        empty(data / name)
    scene.over()


async def postgres_full(scene: Scene) -> None:
    """Full for half of the load."""
    place = scene.rig.plan.data / "postgres"
    await scene.at(scene.seconds * 0.25)
    filling = asyncio.create_task(_keep_full(place))
    await scene.at(scene.seconds * 0.75)
    filling.cancel()
    await asyncio.gather(filling, return_exceptions=True)
    _tell_deaths(scene, "postgres")
    said = (scene.rig.home.logs / "postgres.log").read_text(errors="replace")
    refused = said.count("No space left on device")
    scene.figures["writes that PostgreSQL refused for it"] = refused
    scene.expect(refused, "the full disk is felt")
    empty(place)
    scene.over()


async def _keep_full(place: Path) -> None:
    """A server that restarts gives space back: take it again."""
    while True:
        await asyncio.to_thread(fill, place)
        await asyncio.sleep(0.5)


def _tell_deaths(scene: Scene, prefix: str) -> None:
    ends = [line for line in scene.said if line.startswith(prefix) and " ended (" in line]
    scene.figures["ends while the disk was full"] = len(ends)
    scene.figures["of them with the disk named as the cause"] = sum(
        "the disk is full" in line for line in ends
    )


FAULTS = (
    Fault(
        name="disk-full-tables",
        act=tables_full,
        short=Size(80),
        arrange=partial(small_disks, names=("worker-0", "worker-1"), megabytes=TABLES_MB),
        hindered=hindered,
    ),
    Fault(
        name="disk-full-postgres",
        act=postgres_full,
        short=Size(80),
        arrange=partial(small_disks, names=("postgres",), megabytes=POSTGRES_MB),
        hindered=hindered,
    ),
)
