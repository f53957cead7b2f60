"""One life of a process in the world, and the steps of its event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.world.loop import SimTask, VirtualLoop


class Killed(BaseException):
    """Ends what a killed process was just doing. Nobody catches it."""


class Process:
    """One life of a process: a restart is another one."""

    def __init__(self, loop: VirtualLoop, name: str, kill_at: int | None = None) -> None:
        self.loop = loop
        self.name = name
        self.alive = True
        self.paused = False
        self.steps = 0
        self.kill_at = kill_at
        self.after_step: Callable[[Process, SimTask], None] | None = None
        """Called with each task that has moved and now waits again."""
        self.held: list[Step] = []
        self.tasks: list[SimTask] = []
        """Also those that have ended."""

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that belongs to this process."""
        context = copy_context()
        context.run(CURRENT.set, self)
        return self.loop.create_task(coroutine, context=context)

    def kill(self) -> None:
        """From here on it does nothing any more."""
        self.alive = False
        self.held.clear()

    def resume(self) -> None:
        """Go on where it was paused."""
        self.paused = False
        for handle in self.held:
            self.loop.run_again(handle)
        self.held = []


CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)


def current() -> Process | None:
    """The process whose code runs now; None: the world itself."""
    return CURRENT.get()


class Step:
    """A callback that waits for its turn. Stands where asyncio has its handles."""

    __slots__ = ("arguments", "call", "context", "is_cancelled", "when_s")

    def __init__(
        self, call: Callable[..., Any], arguments: tuple[Any, ...], context: Context | None
    ) -> None:
        self.call = call
        self.arguments = arguments
        self.context = copy_context() if context is None else context
        self.is_cancelled = False
        self.when_s = 0.0

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self.when_s
