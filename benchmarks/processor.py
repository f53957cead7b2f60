"""Who used the processors meanwhile: the stack's processes by name, and everybody else."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

_TICKS_S = os.sysconf("SC_CLK_TCK")


class Usage:
    """Measured from its making until `cores`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._began = time.monotonic()
        self._before = {name: _used_s(pid) for name, pid in self._pids.items()}
        self._busy_before = _machine_busy_s()

    def cores(self) -> dict[str, float]:
        """Average cores in use, by process; `others` is what is not ours."""
        took = time.monotonic() - self._began
        used = {
            name: max(0.0, _used_s(pid) - self._before[name]) / took
            for name, pid in self._pids.items()
        }
        busy = (_machine_busy_s() - self._busy_before) / took
        return used | {"others": max(0.0, busy - sum(used.values()))}


def _used_s(pid: int) -> float:
    """User and system time of a process, 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


def _machine_busy_s() -> float:
    """Everything but idle and waiting for disks, of all cores."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / _TICKS_S
