"""Which processes there are, and where each begins."""

from __future__ import annotations

import importlib

from dunnock.embedded.problems import Problem

CHANNELS = ("sms", "push", "email", "letter")
SIMULATORS = ("sms", "push", "email", "letter", "bureaus", "psp")


def entrypoint(command: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """The module whose `run(settings, *arguments)` is the process, and the arguments."""
    if command == "simulator":
        return f"simulators.{kind}", ()
    if command == "dispatcher":
        return "dunnock.dispatcher", (kind,)
    return f"dunnock.{command}", ()


def load(module: str) -> object:
    """The module of a process; a missing one is a plain sentence."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        raise Problem(f"This installation has no {module}.") from missing
