"""Where a stack keeps its data, logs and secrets, and the lock that keeps two from sharing them."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dunnock.embedded.problems import Problem
from runtime.clock import epoch_s

HOME = Path(".dunnock")
_TEMPORARY = "dunnock-up-"
_BEING_MADE_S = 60.0
_FREE_BYTES_MIN = 500 * 1024 * 1024
#: User -> role. Two with the role `policy`: nothing goes live without a second person.
_USERS = {
    "analyst": "analyst",
    "agent": "agent",
    "policy": "policy",
    "policy-2": "policy",
    "operator": "operator",
    "admin": "admin",
}


@dataclass(frozen=True)
class Login:
    """A person who may use the pages of this installation."""

    user: str
    password: str
    role: str


@dataclass(frozen=True)
class Secrets:
    """Made once for each installation and kept with its data, readable by its owner only."""

    api_key: str
    secret: str
    postgres_password: str
    logins: list[Login]


@dataclass(frozen=True)
class Installation:
    """The directories of one stack; ours alone while the lock is held."""

    data: Path
    logs: Path
    #: The process that held the lock and ended without giving it back, 0 after a clean end.
    left_by: int = 0


@contextmanager
def opened(*, ephemeral: bool) -> Iterator[Installation]:
    """The installation in `.dunnock`, or a new one that is removed afterwards.

    Raises `Problem` when another stack uses it or the disk is nearly full.
    """
    if not ephemeral:
        with _locked(HOME) as left_by:
            yield _checked(HOME, left_by)
        return
    _sweep()
    home = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
    home.chmod(0o711)  # PostgreSQL may run under another account
    try:
        with _locked(home):
            yield _checked(home, 0)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def kept_secrets(data: Path) -> Secrets:
    """The secrets of the installation, made the first time."""
    place = data / "secrets.json"
    if place.exists():
        known = json.loads(place.read_text())
        found = Secrets(**{**known, "logins": [Login(**login) for login in known["logins"]]})
        return _completed(found, place)
    made = Secrets(
        api_key=secrets.token_urlsafe(24),
        secret=secrets.token_urlsafe(48),
        postgres_password=secrets.token_urlsafe(18),
        logins=[_login(user) for user in _USERS],
    )
    write_atomically(place, json.dumps(asdict(made)))
    return made


def _login(user: str) -> Login:
    return Login(user, secrets.token_urlsafe(9), _USERS[user])


def _completed(known: Secrets, place: Path) -> Secrets:
    """With the users that came after the installation was made."""
    missing = [user for user in _USERS if user not in {login.user for login in known.logins}]
    if not missing:
        return known
    found = replace(known, logins=[*known.logins, *map(_login, missing)])
    write_atomically(place, json.dumps(asdict(found)))
    return found


def keep_clock(data: Path, clock: str) -> None:
    """For commands beside the stack: by which clock it was last started."""
    write_atomically(data / "clock", clock)


def kept_clock(data: Path) -> str:
    """Empty when the stack was never started since it is kept."""
    place = data / "clock"
    return place.read_text() if place.exists() else ""


def write_atomically(place: Path, text: str) -> None:
    """Readers see the old or the new text, never a part; only the owner can read it."""
    unfinished = place.with_name(f".{place.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(place)


def _checked(home: Path, left_by: int) -> Installation:
    free = shutil.disk_usage(home).free
    if free < _FREE_BYTES_MIN:
        raise Problem(
            f"Only {free // 2**20} MB are free on the disk of {home.resolve()}: free at least"
            f" {_FREE_BYTES_MIN // 2**20} MB and start again."
        )
    data, logs = home / "data", home / "logs"
    data.mkdir(exist_ok=True)
    logs.mkdir(exist_ok=True)
    return Installation(data.resolve(), logs.resolve(), left_by)


@contextmanager
def _locked(home: Path) -> Iterator[int]:
    """Hold the lock; gives the pid that a dead holder left in it, else 0.

    The kernel drops the lock with its process, so a file left behind is recognised as stale.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "up.lock").open("a+")
    except OSError as why:
        raise Problem(f"{home.resolve()} cannot be written: {why.strerror}.") from why
    with lock:
        lock.seek(0)
        holder = lock.read().strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                f"Another `dunnock up` (pid {holder}) uses {home.resolve()}: stop it,"
                " or start this one with --ephemeral --ports auto."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield int(holder) if holder.isdecimal() else 0
        finally:
            lock.truncate(0)


def _sweep() -> None:
    """Remove what ephemeral stacks left that were killed before they could."""
    for home in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        with suppress(Problem, OSError):
            if epoch_s() - home.stat().st_mtime < _BEING_MADE_S:
                continue  # perhaps another stack is just about to take its lock
            with _locked(home):
                shutil.rmtree(home, ignore_errors=True)
