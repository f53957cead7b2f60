"""What a named fault is, and the list of those that can be run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dunnock.stack import Part, Plan
from tests.faults.checker.evidence import Evidence
from tests.faults.events import Outgoing
from tests.faults.load import plan
from tests.faults.named.scene import Scene

Planned = list[tuple[float, Outgoing]]
Load = Callable[[int, int, float], Planned]
Act = Callable[[Scene], Awaitable[None]]
Examine = Callable[[Scene, Evidence], None]
Arrange = Callable[[Plan, Sequence[Part]], Sequence[Part]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it: `times` is how often the thing is done, where it is done several times."""

    seconds: float
    per_second: float = 30
    times: int = 1

    @property
    def events(self) -> int:
        return int(self.seconds * self.per_second)

    def reaches(self, wanted: Size) -> bool:
        """Whether this is as long and as often. The rate was not asked for: a run tells it."""
        return self.seconds >= wanted.seconds and self.times >= wanted.times


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """How a fault is caused on a running stack, and what is judged besides the checker.

    `act` runs while the load is published; `after` once nothing is left to do, before the evidence
    is collected. `short` is what `make faults NAME=…` runs, `full` what was asked for (FULL=1).
    """

    name: str
    act: Act
    short: Size
    full: Size | None = None
    load: Load = plan
    after: Act | None = None
    #: Looks at the collected evidence, for figures and expectations of the fault's own.
    examine: Examine | None = None
    workers: int = 2
    env: Mapping[str, str] = field(default_factory=dict)
    #: More settings of the producer that publishes the load.
    publisher: Mapping[str, Any] = field(default_factory=dict)
    #: Changes the parts of the stack before it is started.
    arrange: Arrange | None = None
    plan_type: type[Plan] = Plan
    #: Says why it can't be caused on this machine; empty when it can.
    hindered: Callable[[], str] = lambda: ""
    rest_s_max: float = 240

    def size(self, *, full: bool) -> Size:
        return self.full or self.short if full else self.short


async def nothing(_: Scene) -> None:
    """The load itself is the fault."""
