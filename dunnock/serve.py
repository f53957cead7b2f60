"""One process of the stack: its event loop, its signals, its way out."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import signal
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvloop

from dunnock.processes import load
from runtime import logs
from runtime.settings import settings


def serve(module: str, arguments: tuple[str, ...]) -> None:
    """Run `module.run(settings, *arguments)` until it ends or SIGTERM or SIGINT asks it to.

    A requested stop cancels `run`, lets it clean up and ends the process with code 0; whatever
    else leaves `run` ends it with a traceback.
    """
    faulthandler.enable()  # native code that dies, for want of memory say, leaves no other word
    logs.configure(settings().log_level, settings().process_name)
    run = cast("Callable[..., Awaitable[None]]", cast("Any", load(module)).run)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_asked(run, arguments))


async def _until_asked(run: Callable[..., Awaitable[None]], arguments: tuple[str, ...]) -> None:
    serving = asyncio.ensure_future(run(settings(), *arguments))
    asked = False

    def ask() -> None:
        nonlocal asked
        asked = True
        serving.cancel()

    loop = asyncio.get_running_loop()
    for how in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(how, ask)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    if not asked and serving.cancelled():
        raise RuntimeError(f"{run.__module__} was cancelled though nobody asked for it")
