"""What a result was measured on and with, and how results of several runs come together."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.engine.goals import goal_lines
from benchmarks.engine.results import Line
from benchmarks.engine.systems import PEERS_PYTHON, ROOT
from dunnock.embedded.kafka import java

OURS = ("faust-streaming", "aiokafka", "confluent-kafka", "rocksdict", "uvloop")
PEERS = ("faust-streaming", "quixstreams", "confluent-kafka", "rocksdict")


def machine(at: str) -> Line:
    """The machine, the versions, the moment, and how busy others kept it before the start."""
    return {
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "processor": _processor(),
            "memory_gib": round(
                os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1
            ),
            "system": platform.system() + " " + platform.release(),
            "load_average": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in OURS},
            "java": _said([java(), "-version"]),
            "kafka and kafka-streams": "4.1.0",
        },
        "peers": _peer_versions(),
        "commit": _said(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]),
        "at": at,
    }


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else platform.machine()


def _peer_versions() -> dict[str, str]:
    if not PEERS_PYTHON.exists():
        return {}
    program = f"from importlib.metadata import version\nfor n in {PEERS!r}: print(n, version(n))"
    said = subprocess.run(
        [str(PEERS_PYTHON), "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return dict(line.split(" ", 1) for line in said.stdout.splitlines())


def _said(command: list[str]) -> str:
    """The first line a program prints; empty where it prints none."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return next(iter((done.stdout or done.stderr).splitlines()), "")


def merged(old: list[Line], new: list[Line]) -> list[Line]:
    """The new run's lines, those of benches it did not run, and the goals over all of them."""
    measured = {line["bench"] for line in new if "bench" in line}
    kept = [line for line in old if "bench" in line and line["bench"] not in measured]
    results = [*kept, *(line for line in new if "bench" in line)]
    runs = {line.get("at") for line in results}
    heads = {line["at"]: line for line in (*old, *new) if "machine" in line and line["at"] in runs}
    return [*heads.values(), *results, *goal_lines(results)]
