"""Starting a program so that it never outlives us, and waiting until it really works."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dunnock.embedded.problems import Problem

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.1
_LOG_TAIL_LINES = 5
_DISK_FULL_LINES = 50
_TAIL_BYTES = 16_384
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to start and how to know that it works."""

    name: str
    argv: tuple[str, ...]
    #: How clients reach it: host:port, DSN or URL.
    address: str
    #: Returns when the program does its job, raises anything while it does not. Blocking, with
    #: its own short timeout; called from any thread.
    probe: Callable[[], None]
    #: Added to our own environment.
    env: Mapping[str, str] = field(default_factory=dict)
    #: Taken out of it.
    env_without: tuple[str, ...] = ()
    #: Only as root: the account to run under.
    run_as: pwd.struct_passwd | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    #: Added to our own niceness: above 0 for what may wait while the others are busy.
    nice: int = 0
    #: Sent by the kernel when the process that started it is gone, even by `kill -9`.
    orphan_signal: signal.Signals = signal.SIGKILL


def spawn(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start it in its own session (Ctrl-C reaches only us), output appended to `log`.

    Call from the main thread: the kernel ties the orphan signal to the thread that forks.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    parent = os.getpid()
    account = program.run_as
    environment = {k: v for k, v in os.environ.items() if k not in program.env_without}

    def in_child() -> None:
        # After the change of user: the kernel clears the signal when credentials change.
        _libc.prctl(_PR_SET_PDEATHSIG, int(program.orphan_signal), 0, 0, 0)
        os.nice(program.nice)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment, **program.env},
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=in_child,  # noqa: PLW1509  no threads hold locks we need: only libc is called
        )


def wait_ready(
    program: Program, started: subprocess.Popen[bytes], log: Path, bound_s: float
) -> None:
    """Return when the probe passes; raise `Problem` when the program ends or time is up."""
    deadline = time.monotonic() + bound_s
    while True:
        try:
            program.probe()
        except Exception as why:  # noqa: BLE001  a probe fails in as many ways as there are clients
            reason = f"{type(why).__name__}: {why}"
        else:
            return
        if started.poll() is not None:
            raise Problem(ended_early(program.name, started.returncode, log))
        if time.monotonic() > deadline:
            raise Problem(
                f"{program.name} was not ready after {bound_s:.0f} s ({reason}): see {log}."
            )
        time.sleep(_POLL_S)


def ended_early(name: str, code: int, log: Path) -> str:
    """The sentence about a program that ended before it was ready, with its last words."""
    if found_disk_full(log):
        return f"{name} found the disk full: free some space and start again (log: {log})."
    last = " | ".join(_tail(log, _LOG_TAIL_LINES))
    return f"{name} ended with code {code} before it was ready: {last or 'no output'} (log: {log})."


def found_disk_full(log: Path) -> bool:
    """True when the last lines of a log say so."""
    return any("No space left on device" in line for line in _tail(log, _DISK_FULL_LINES))


def _tail(log: Path, lines: int) -> list[str]:
    try:
        with log.open("rb") as text:
            text.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            shown = text.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in shown[-lines:] if line.strip()]


def stop(started: subprocess.Popen[bytes], how: signal.Signals, bound_s: float = 10.0) -> None:
    """Ask with `how`, and after the bound end it; returns when it is gone."""
    if started.poll() is None:
        started.send_signal(how)
        try:
            started.wait(bound_s)
        except subprocess.TimeoutExpired:
            started.kill()
    started.wait()


@contextmanager
def running(
    program: Program, log: Path, bound_s: float = 180.0
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, ready, for the length of the block."""
    started = spawn(program, log)
    try:
        wait_ready(program, started, log, bound_s)
        yield started
    finally:
        stop(started, program.stop_signal)
