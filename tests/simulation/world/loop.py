"""An event loop without a clock, threads or sockets: time passes when nothing else can happen.

Every callback belongs to a process of the world. A dead process's callbacks are never run again,
as after kill -9: not even its `finally` blocks. Those of a paused one are kept until it goes on.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from itertools import count
from typing import Any, NoReturn

STEPS_MAX = 600_000


class Killed(BaseException):
    """Ends what a killed process was just doing. Nobody catches it."""


class Stuck(Exception):
    """Nothing is left that could ever happen, although somebody waits."""


class Process:
    """One life of a process: a restart is another one."""

    def __init__(self, loop: VirtualLoop, name: str, kill_at: int | None = None) -> None:
        self.loop = loop
        self.name = name
        self.alive = True
        self.paused = False
        self.steps = 0
        self.kill_at = kill_at
        self.held: list[asyncio.Handle] = []
        self.tasks: dict[SimTask, None] = {}

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that belongs to this process."""
        context = copy_context()
        context.run(_CURRENT.set, self)
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


_CURRENT: ContextVar[Process | None] = ContextVar("process", default=None)


def current() -> Process | None:
    """The process whose code runs now; None: the world itself."""
    return _CURRENT.get()


class SimFuture(asyncio.Future[Any]):
    """Hashed by a serial number: sets of futures have the same order in every run."""

    _serials = count()

    def __init__(self, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._serial = next(self._serials)

    def __hash__(self) -> int:
        return self._serial


class SimTask(asyncio.Task[Any]):
    """The same for tasks."""

    _serials = count()

    def __init__(self, coro: Any, **named: Any) -> None:
        self._serial = next(self._serials)
        super().__init__(coro, **named)
        self._log_destroy_pending = False

    def __hash__(self) -> int:
        return self._serial


class VirtualLoop(asyncio.BaseEventLoop):
    """Deterministic: the same calls in, the same order out."""

    def __init__(self, on_step_kill: Callable[[Process], None]) -> None:
        super().__init__()
        self._virtual_s = 0.0
        self._clock_resolution = 1e-9
        self._on_step_kill = on_step_kill
        self.steps = 0
        self.survey: Callable[[Process], None] | None = None
        self.set_task_factory(self._make_task)  # type: ignore[arg-type]
        self.set_exception_handler(self._on_exception)
        self.complaints: list[str] = []
        self.passing: tuple[type[BaseException], ...] = ()
        """Errors that may end a call that nobody waits for any more."""

    def time(self) -> float:
        return self._virtual_s

    def create_future(self) -> SimFuture:
        return SimFuture(loop=self)

    def run_in_executor(self, *_: Any) -> NoReturn:
        raise AssertionError("nothing that is simulated may use a thread")

    def run_again(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)  # type: ignore[attr-defined]

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **named: Any) -> SimTask:
        task = SimTask(coro, loop=loop, **named)
        context = named.get("context")
        process = context.get(_CURRENT) if context is not None else _CURRENT.get()
        if process is not None:
            process.tasks[task] = None
            task.add_done_callback(lambda done: process.tasks.pop(done, None))
        return task

    def _on_exception(self, loop: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
        error = about.get("exception")
        if not isinstance(error, (Killed, *self.passing)):
            self.complaints.append(f"{about.get('message')}: {error!r}")

    def _process_events(self, event_list: Any) -> None:
        """There are no files."""

    def _write_to_self(self) -> None:
        """There is nobody in another thread to wake us."""

    def _run_once(self) -> None:
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            if not scheduled:
                raise Stuck(f"after {self._virtual_s:.3f} s")
            self._virtual_s = max(self._virtual_s, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._virtual_s:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            if not handle._cancelled:
                ready.append(handle)
        for _ in range(len(ready)):
            self._run_handle(ready.popleft())

    def _run_handle(self, handle: Any) -> None:
        if handle._cancelled:
            return
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise Stuck(f"{STEPS_MAX:,} steps: somebody runs in circles")
        process = handle._context.get(_CURRENT)
        if process is not None:
            if not process.alive:
                return
            if process.paused:
                process.held.append(handle)
                return
            process.steps += 1
            if process.steps == process.kill_at:
                self._on_step_kill(process)
                return
            handle._run()
            if self.survey is not None and process.alive:
                self.survey(process)
            return
        handle._run()
