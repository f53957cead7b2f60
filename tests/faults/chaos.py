"""Kills and stops, spread over the load: what is done to whom, and when."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.faults.stack import Stack, alive

Act = Literal["kill worker", "kill dispatcher", "kill broker", "kill web", "stop worker"]
#: Whom an act befalls; all others befall workers.
VICTIMS = {"kill dispatcher": "dispatcher-", "kill broker": "kafka", "kill web": "web"}
#: Longer than the workers' session with the broker (10 s), so that another one takes over.
STOPPED_S = 15.0
#: How long a dead process may stay dead before the run itself is pointless.
RETURNS_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Chaos:
    """How often each thing is done."""

    worker_kills: int = 20
    dispatcher_kills: int = 3
    broker_kills: int = 1
    stops: int = 3
    web_kills: int = 1

    def acts(self, rng: random.Random) -> list[Act]:
        """All of them in a random order."""
        times: dict[Act, int] = {
            "kill worker": self.worker_kills,
            "kill dispatcher": self.dispatcher_kills,
            "kill broker": self.broker_kills,
            "kill web": self.web_kills,
            "stop worker": self.stops,
        }
        acts = [act for act, number in times.items() for _ in range(number)]
        rng.shuffle(acts)
        return acts


async def cause(
    stack: Stack, chaos: Chaos, seconds: float, rng: random.Random, say: Callable[[str], None]
) -> dict[str, int]:
    """Do it all within `seconds`; gives how often each act was really done."""
    acts = chaos.acts(rng)
    done: dict[str, int] = {}
    stopped: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, act in enumerate(acts):
        # The first one not before there is something to lose.
        at = began + seconds * (number + 0.5) / len(acts)
        await asyncio.sleep(max(0.0, at - loop.time()))
        name, pid = await _victim(stack, act, rng)
        say(f"{number + 1}/{len(acts)} {act}: {name} ({pid})")
        if act == "stop worker":
            stopped.append(asyncio.create_task(_pause(pid)))
        else:
            os.kill(pid, signal.SIGKILL)
        done[act] = done.get(act, 0) + 1
    await asyncio.gather(*stopped)
    return done


async def _victim(stack: Stack, act: Act, rng: random.Random) -> tuple[str, int]:
    """A living process of the kind. A worker that is stopped may be killed, too."""
    prefix = VICTIMS.get(act, "worker-")
    async with asyncio.timeout(RETURNS_S_MAX):
        while True:
            stack.check()
            living = [(name, pid) for name, pid in stack.pids(prefix).items() if alive(pid)]
            if living:
                return rng.choice(sorted(living))
            await asyncio.sleep(0.2)


async def _pause(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(STOPPED_S)
    finally:
        # Killed meanwhile: there is nobody to wake.
        if alive(pid):
            os.kill(pid, signal.SIGCONT)
