"""The whole bench of judges."""

from __future__ import annotations

from tests.simulation.judges.bounds import i9_bounds, i10_comes_to_rest
from tests.simulation.judges.case import Judge, gathered
from tests.simulation.judges.decisions import i6_decisions_recompute
from tests.simulation.judges.effects import i2_effect_or_dead_letter
from tests.simulation.judges.messages import (
    i1_no_reminder_after_payment,
    i3_one_effect_per_step,
    i7_windows_caps_consent,
)
from tests.simulation.judges.replays import i4_replay_gives_the_same, i5_any_order
from tests.simulation.world.world import World

#: I8, the audit chain, has no judge: the product has no audit chain yet.
JUDGES: dict[str, Judge] = {
    "I1": i1_no_reminder_after_payment,
    "I2": i2_effect_or_dead_letter,
    "I3": i3_one_effect_per_step,
    "I4": i4_replay_gives_the_same,
    "I5": i5_any_order,
    "I6": i6_decisions_recompute,
    "I7": i7_windows_caps_consent,
    "I9": i9_bounds,
    "I10": i10_comes_to_rest,
}


def verdict(world: World) -> list[str]:
    """Everything that is wrong with a world that has come to rest."""
    case = gathered(world)
    return [f"{name}: {what}" for name, judge in JUDGES.items() for what in judge(case)]
