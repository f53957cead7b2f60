"""Who used the processors meanwhile: the stack's processes, everybody else, other machines."""

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
        self._busy_before, self._stolen_before = _machine_s()

    def cores(self) -> dict[str, float]:
        """Average cores in use, by process; `others` is what is not ours.

        `stolen` is what this machine was promised and the host gave to others: where it is not
        small, a run can't be compared with another.
        """
        took = time.monotonic() - self._began
        used = {
            name: max(0.0, _used_s(pid) - self._before[name]) / took
            for name, pid in self._pids.items()
        }
        busy, stolen = _machine_s()
        others = (busy - self._busy_before) / took - sum(used.values())
        return used | {
            "others": max(0.0, others),
            "stolen": (stolen - self._stolen_before) / took,
        }


def _used_s(pid: int) -> float:
    """User and system time of a process, 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


def _machine_s() -> tuple[float, float]:
    """Time of all cores: in use (not idle, not waiting for disks), and stolen."""
    line = Path("/proc/stat").read_text().splitlines()[0]
    user, nice, system, _, _, irq, soft_irq, stolen = (int(one) for one in line.split()[1:9])
    return (user + nice + system + irq + soft_irq) / _TICKS_S, stolen / _TICKS_S
