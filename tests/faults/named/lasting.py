"""Much at once, and long."""

from __future__ import annotations

from statistics import mean

from tests.faults.load import plan
from tests.faults.named.registry import Fault, Planned, Size, nothing
from tests.faults.named.scene import Scene
from tests.faults.named.watch import Sample

TIMES_USUAL = 10
#: Share of the spike's length at the usual rate before it.
BEFORE = 0.2
GROWTH_MAX = 0.15
DESCRIPTORS_MORE_MAX = 10
#: The first quarter warms up: imports, caches, the broker's connections.
WARM_UP = 0.25


def spike(seed: int, wanted: int, seconds: float) -> Planned:
    """The usual rate first, then ten times as much for the rest."""
    calm_s = seconds * BEFORE
    rate = wanted / seconds
    calm = plan(seed, int(rate / TIMES_USUAL * calm_s), calm_s)
    high = plan(seed + 1, int(rate * (seconds - calm_s)), seconds - calm_s)
    return [*calm, *((at + calm_s, one) for at, one in high)]


async def flat(scene: Scene) -> None:
    """Nothing but load; afterwards memory and descriptors of each worker must not have grown."""
    for name, samples in scene.watch.samples.items():
        first, last = _quarters(samples)
        grown = mean(s.resident_mb for s in last) / mean(s.resident_mb for s in first) - 1
        more = mean(s.descriptors for s in last) - mean(s.descriptors for s in first)
        scene.figures[f"{name}: memory, 2nd and last quarter MB"] = (
            f"{mean(s.resident_mb for s in first):.0f} / {mean(s.resident_mb for s in last):.0f}"
        )
        scene.figures[f"{name}: descriptors, 2nd and last quarter"] = (
            f"{mean(s.descriptors for s in first):.0f} / {mean(s.descriptors for s in last):.0f}"
        )
        scene.expect(grown < GROWTH_MAX, f"{name}'s memory is flat (grown by {grown:.0%})")
        scene.expect(more < DESCRIPTORS_MORE_MAX, f"{name}'s descriptors are flat ({more:+.0f})")
    ends = [line.split(":")[0] for line in scene.said if " ended (" in line]
    scene.expect(not ends, f"no process ends ({ends})")


def _quarters(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    size = max(1, int(len(samples) * WARM_UP))
    return samples[size : 2 * size] or samples, samples[-size:]


FAULTS = (
    Fault(
        name="spike",
        act=nothing,
        load=spike,
        short=Size(75, 300),
        full=Size(600 / (1 - BEFORE), 300),
        rest_s_max=900,
    ),
    Fault(
        name="soak",
        act=nothing,
        after=flat,
        short=Size(300, 40),
        full=Size(3600, 40),
        # With the usual settings an hour of this load would only fill what they allow.
        env={"DUNNOCK_TABLE_CACHE_MIB": "16", "DUNNOCK_TABLE_WRITE_BUFFERS_MIB": "16"},
    ),
)
