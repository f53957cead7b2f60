"""The results file: one JSON object a line, never rewritten, newest last."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from dunnock.embedded.kafka import JARS

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "faults-results.jsonl"
LIBRARIES = ("faust-streaming", "aiokafka", "confluent-kafka", "rocksdict")


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What one run of a named fault came to. Counts of None: not judged."""

    fault: str
    at: str
    commit: str
    #: Whether it was the size that was asked for, and what was done in words.
    full: bool
    ran: str
    seed: int
    events: int
    lost: int | None
    wrong: int | None
    sent_twice: int | None
    reminded_after_payment: int | None
    #: From the end of load and fault until nothing was left to do; None: it never came to rest.
    seconds_to_lag_zero: float | None
    figures: dict[str, float | int | str] = field(default_factory=dict)
    #: Expectations of the fault itself that were not met.
    failed: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    machine: str = ""

    @property
    def good(self) -> bool:
        """Every judged count is zero, lag returned to zero and every expectation was met."""
        counts = (self.lost, self.wrong, self.sent_twice, self.reminded_after_payment)
        return not any(counts) and self.seconds_to_lag_zero is not None and not self.failed


def append(result: Result, place: Path = RESULTS) -> None:
    with place.open("a") as out:
        out.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def read(place: Path = RESULTS) -> list[Result]:
    """All results in the order they were written."""
    if not place.exists():
        return []
    return [Result(**json.loads(line)) for line in place.read_text().splitlines() if line.strip()]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def commit() -> str:
    """The commit that was run; `+` when tracked files of the product differed from it."""
    place = Path(__file__).resolve().parents[3]

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(place), *words], capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    packages = ("agents", "api", "connectors", "domain", "dunnock", "runtime", "streams", "tables")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", *packages)
    return (git("rev-parse", "--short=9", "HEAD") or "unknown") + ("+" if changed else "")


def versions() -> dict[str, str]:
    found = {name: version(name) for name in LIBRARIES}
    server = next(JARS.glob("kafka-server-4*.jar"), None) or next(JARS.glob("kafka_2.13-*.jar"))
    found["kafka"] = server.stem.rsplit("-", 1)[1]
    return {"python": platform.python_version(), **found}


def machine() -> str:
    """In words, without names."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores, {pages:.0f} GB, {platform.system()} {platform.machine()}"
