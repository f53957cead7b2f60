"""Free loopback ports."""

from __future__ import annotations

import random
import socket

#: Below the range from which the kernel picks ports for outgoing connections, so that nothing
#: takes a port between our look and the server's bind.
_RANGE = range(20_000, 32_000)
_TRIES_MAX = 200


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """True when a server could bind the port now (one in TIME_WAIT counts as free)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on. Raises OSError when 200 tries find none."""
    for port in random.sample(_RANGE, _TRIES_MAX):
        if is_free(port):
            return port
    raise OSError(f"no free port in {_RANGE.start}-{_RANGE.stop}")
