"""An event loop without a clock, threads or sockets: time passes when nothing else can happen.

Every callback belongs to a process of the world. A dead process's callbacks are never run again,
as after kill -9: not even its `finally` blocks. Those of a paused one are kept until it goes on.
"""

from __future__ import annotations

import asyncio
from asyncio.futures import _set_result_unless_cancelled  # type: ignore[attr-defined]
from collections import deque
from collections.abc import Callable
from contextvars import Context
from heapq import heappop, heappush
from itertools import count
from typing import Any, NoReturn

from tests.simulation.world.process import CURRENT, Killed, Process, Step

STEPS_MAX = 600_000


class Stuck(Exception):
    """Nothing is left that could ever happen, although somebody waits."""


class _WakesSleeper:
    """Stands for the timer of a sleeper, who is woken without one."""

    def cancel(self) -> None:
        """The sleeper's future is done by then, whichever way."""


_WAKES_SLEEPER = _WakesSleeper()


class SimFuture(asyncio.Future[Any]):
    """Hashed in the order in which it was first asked: sets have the same order in every run."""

    def __hash__(self) -> int:
        return self._loop.serial(self)  # type: ignore[attr-defined, no-any-return]


class SimTask(asyncio.Task[Any]):
    """The same for tasks."""

    def __hash__(self) -> int:
        return self._loop.serial(self)  # type: ignore[attr-defined, no-any-return]


class VirtualLoop(asyncio.BaseEventLoop):
    """Deterministic: the same calls in, the same order out."""

    def __init__(self, on_step_kill: Callable[[Process], None]) -> None:
        super().__init__()
        self._virtual_s = 0.0
        self._on_step_kill = on_step_kill
        self._soon: deque[Step] = deque()
        self._timers: list[tuple[float, int, Step | SimFuture]] = []
        self._order = count()
        self._serials = count()
        self.steps = 0
        self.set_task_factory(self._make_task)  # type: ignore[arg-type]
        self.set_exception_handler(self._on_exception)
        self.complaints: list[str] = []
        self.passing: tuple[type[BaseException], ...] = ()
        """Errors that may end a call that nobody waits for any more."""

    def time(self) -> float:
        return self._virtual_s

    def serial(self, future: Any) -> int:
        """A number of its own for a future; the same in every run of a seed."""
        found: int | None = getattr(future, "_serial", None)
        if found is None:
            found = future._serial = next(self._serials)
        return found

    def create_future(self) -> SimFuture:
        return SimFuture(loop=self)

    def nap(self, delay_s: float) -> SimFuture:
        """What is done after so long, whoever is dead or paused by then."""
        future = SimFuture(loop=self)
        heappush(self._timers, (self._virtual_s + delay_s, next(self._order), future))
        return future

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        step = Step(callback, args, context)
        self._soon.append(step)
        return step

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        return self.call_at(self._virtual_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        if callback is _set_result_unless_cancelled and args[1] is None:  # asyncio.sleep
            heappush(self._timers, (when, next(self._order), args[0]))
            return _WAKES_SLEEPER
        step = Step(callback, args, context)
        step.when_s = when
        heappush(self._timers, (when, next(self._order), step))
        return step

    def run_in_executor(self, *_: Any) -> NoReturn:
        raise AssertionError("nothing that is simulated may use a thread")

    def run_again(self, step: Step) -> None:
        self._soon.append(step)

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **named: Any) -> SimTask:
        task = SimTask(coro, loop=loop, **named)
        task._log_destroy_pending = False  # as many are as are killed
        context = named.get("context")
        process = context.get(CURRENT) if context is not None else CURRENT.get()
        if process is not None:
            process.tasks.append(task)
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
        """Rounds of what waits now, until somebody stops the loop."""
        soon = self._soon
        while not self._stopping:  # type: ignore[attr-defined]
            if not soon or (self._timers and self._timers[0][0] <= self._virtual_s):
                self._let_time_pass()
            for _ in range(len(soon)):
                step = soon.popleft()
                process = step.context.get(CURRENT)
                if step.is_cancelled or (process is not None and not self._may_run(process, step)):
                    continue
                self.steps += 1
                try:
                    step.context.run(step.call, *step.arguments)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 - as asyncio's own handles do
                    self.call_exception_handler({"message": f"in {step.call}", "exception": error})
                if process is not None and process.after_step is not None and process.alive:
                    task = getattr(step.call, "__self__", None)
                    if isinstance(task, SimTask) and not task.done():
                        process.after_step(process, task)
            if self.steps > STEPS_MAX:
                raise Stuck(f"{STEPS_MAX:,} steps: somebody runs in circles")

    def _may_run(self, process: Process, step: Step) -> bool:
        """Not if it is dead or paused, or dies right now."""
        if not process.alive:
            return False
        if process.paused:
            process.held.append(step)
            return False
        process.steps += 1
        if process.steps == process.kill_at:
            self._on_step_kill(process)
            return False
        return True

    def _let_time_pass(self) -> None:
        """What is due now is next; when nothing else can happen, the next instant comes."""
        timers, soon = self._timers, self._soon
        while timers and (timers[0][0] <= self._virtual_s or not soon):
            when, _, due = heappop(timers)
            if type(due) is SimFuture:
                if due.done():
                    continue
                due.set_result(None)  # wakes whoever waits for it, soon
            elif due.is_cancelled:
                continue
            else:
                soon.append(due)
            self._virtual_s = max(self._virtual_s, when)
        if not soon:
            raise Stuck(f"after {self._virtual_s:.3f} s")
