"""After the first `make setup` nothing needs the network: proven where there is none.

Each command runs in a network namespace of its own that has loopback and nothing else.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: As root, or as anybody where the kernel lets users make namespaces.
_WAYS = (("unshare", "--net"), ("unshare", "--map-current-user", "--net", "--keep-caps"))
#: Brings loopback up (SIOCSIFFLAGS: up, running), shows that the outside is gone, and goes on.
_LOOPBACK_ONLY = """
import errno, fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
    fcntl.ioctl(made, 0x8914, struct.pack("16sh", b"lo", 0x41))
    if made.connect_ex(("192.0.2.1", 9)) != errno.ENETUNREACH:
        sys.exit("there is a network")
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="module")
def cut_off() -> tuple[str, ...]:
    """What to put before a command to run it without a network. Skips where that is not allowed."""
    for way in _WAYS if shutil.which("unshare") else ():
        words = (*way, sys.executable, "-c", _LOOPBACK_ONLY)
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    pytest.skip("this system lets us make no network namespace (unshare --net)")


def test_a_second_setup_needs_no_network(cut_off: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [*cut_off, "make", "--directory", str(ROOT), "setup"],
        env={**os.environ, "PIP_CACHE_DIR": str(tmp_path), "PIP_FIND_LINKS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_the_whole_stack_gets_ready_without_a_network(
    cut_off: tuple[str, ...], server_dir: Path
) -> None:
    place = server_dir / "offline"
    place.mkdir(mode=0o711)
    told = place / "up.json"  # written when every part is ready
    words = ("up", "--ephemeral", "--no-traffic", "--ports", "auto", "--json", str(told))
    outside = ("DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if name not in outside}
    log = place / "up.log"
    with log.open("wb") as out:
        stack = subprocess.Popen(
            [*cut_off, sys.executable, "-m", "dunnock", *words],
            cwd=place,
            env={**kept, "TMPDIR": str(place)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + 180
        while not told.exists():
            assert stack.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
    finally:
        stack.send_signal(signal.SIGTERM)
        try:
            stack.wait(60)
        finally:
            stack.kill()
    assert stack.returncode == 0
