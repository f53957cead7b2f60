"""Gateways and bureaus that hang, fail, lie or answer late."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.faults.checker.evidence import GATEWAYS, Evidence
from tests.faults.checker.outputs import read_outputs
from tests.faults.load import plan
from tests.faults.named.registry import Fault, Planned, Size
from tests.faults.named.scene import Scene

#: The bureaus that are asked as long as nobody changes the policy.
BUREAUS = ("bkr", "experian", "infoscore")
#: Beyond the deadline of a check, and beyond the patience with a gateway (5 s each).
TOO_LATE_MS = 7_000
HANG: dict[str, Any] = {"hang": True}
ERROR: dict[str, Any] = {"error_rate": 1.0}
GARBAGE: dict[str, Any] = {"garbage": True}
LATE: dict[str, Any] = {"latency_ms": TOO_LATE_MS}


async def gateways(scene: Scene, *faults: dict[str, Any]) -> None:
    """All three at once have each of the faults, from 20 % to 70 % of the load."""
    share = 0.5 / len(faults)
    for number, fault in enumerate(faults):
        await scene.at(scene.seconds * (0.2 + number * share))
        for channel in GATEWAYS:
            await scene.faulty(channel, **fault)
    await scene.at(scene.seconds * 0.7)
    for channel in GATEWAYS:
        await scene.faulty(channel)


async def bureaus(scene: Scene, fault: dict[str, Any]) -> None:
    """Each bureau in turn, then all at once."""
    turns = (*BUREAUS, "*")
    for number, provider in enumerate(turns):
        await scene.at(scene.seconds * (0.1 + 0.8 * number / len(turns)))
        await scene.faulty("bureaus")
        await scene.faulty("bureaus", provider=provider, **fault)
    await scene.at(scene.seconds * 0.9)
    await scene.faulty("bureaus")


def many_applications(seed: int, wanted: int, seconds: float) -> Planned:
    """Three of four stories are applications."""
    weights = {"applies": 3, "debt stands": 1}
    return plan(seed, wanted, seconds, weights=weights)


def was_felt(scene: Scene, evidence: Evidence) -> None:
    """A fault that no decision shows was none."""
    decisions = [one for many in read_outputs(evidence.outputs).decisions.values() for one in many]
    checks = [check for one in decisions for check in one["checks"]]
    degraded = sum(bool(one["degraded"]) for one in decisions)
    scene.figures["decisions"] = len(decisions)
    scene.figures["of them degraded, nobody accepted"] = degraded
    scene.figures["checks without answer"] = sum(
        one["status"] in {"timeout", "error"} for one in checks
    )
    scene.expect(degraded, "the fault shows in some decisions")


GATEWAY_SIZE = Size(48)
BUREAU_SIZE = Size(48, 30)


def _bureau(name: str, fault: dict[str, Any]) -> Fault:
    return Fault(
        name=name,
        act=partial(bureaus, fault=fault),
        short=BUREAU_SIZE,
        load=many_applications,
        examine=was_felt,
    )


async def hang(scene: Scene) -> None:
    await gateways(scene, HANG)


async def fail(scene: Scene) -> None:
    await gateways(scene, ERROR)


async def unknown(scene: Scene) -> None:
    """First the answer is lost, then the message is accepted after we had given up waiting."""
    await gateways(scene, GARBAGE, LATE)


FAULTS = (
    Fault(name="gateway-hang", act=hang, short=GATEWAY_SIZE),
    Fault(name="gateway-500", act=fail, short=GATEWAY_SIZE),
    Fault(name="gateway-unknown", act=unknown, short=GATEWAY_SIZE),
    _bureau("bureau-hang", HANG),
    _bureau("bureau-500", ERROR),
    _bureau("bureau-garbage", GARBAGE),
    _bureau("bureau-slow", LATE),
)
