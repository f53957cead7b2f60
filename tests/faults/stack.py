"""The whole embedded stack as its users start it, and what its JSON file says."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STARTS_S_MAX = 240.0
ENDS_S_MAX = 60.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
DUNNOCK = Path(sys.executable).parent / "dunnock"


def end_with_us() -> None:
    """In a child before it starts: the kernel asks it to stop when the test run is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


class NotUp(RuntimeError):
    """The stack did not come up or ended by itself; the text holds the end of its output."""


@dataclass(slots=True)
class Stack:
    """A running `dunnock up`. Pids change when something dies: they are always read anew."""

    process: subprocess.Popen[bytes]
    file: Path
    log: Path

    def info(self) -> dict[str, Any]:
        """The JSON object as it stands now."""
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def pids(self, prefix: str) -> dict[str, int]:
        """Names and pids of the processes whose name begins with `prefix`."""
        pids = self.info()["pids"]
        return {name: pid for name, pid in pids.items() if name.startswith(prefix)}

    def check(self) -> None:
        """Raises NotUp when the supervisor itself has ended."""
        if self.process.poll() is not None:
            raise NotUp(f"dunnock up ended with {self.process.returncode}:\n{self.tail()}")

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


@contextmanager
def running_stack(*options: str, **environment: str) -> Iterator[Stack]:
    """`dunnock up --ephemeral --ports auto` with more options; stopped and checked at the end."""
    with tempfile.TemporaryDirectory(prefix="dunnock-faults-") as name:
        file, log = Path(name, "up.json"), Path(name, "up.log")
        command = [DUNNOCK, "up", "--ephemeral", "--ports", "auto", "--json", file, *options]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | environment,
                preexec_fn=end_with_us,  # noqa: PLW1509  only libc is called
            )
        stack = Stack(process, file, log)
        try:
            _wait_up(stack)
            yield stack
        finally:
            _stop(stack)


def _wait_up(stack: Stack) -> None:
    until = time.monotonic() + STARTS_S_MAX
    while not stack.file.exists():
        stack.check()
        if time.monotonic() > until:
            raise NotUp(f"not ready after {STARTS_S_MAX:.0f} s:\n{stack.tail()}")
        time.sleep(0.2)


def _stop(stack: Stack) -> None:
    pids = list(stack.pids("").values()) if stack.file.exists() else []
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGTERM)
    try:
        stack.process.wait(ENDS_S_MAX)
    except subprocess.TimeoutExpired:
        stack.process.kill()
        stack.process.wait()
    left = [pid for pid in pids if alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    if left:
        print(f"dunnock up left {len(left)} processes behind: {left}", file=sys.stderr)


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
