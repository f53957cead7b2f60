"""All named faults that run on the stack, by name."""

from __future__ import annotations

from tests.faults.named import disks, lasting, outside, records, servers, tables, workers
from tests.faults.named.registry import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for module in (workers, servers, outside, records, disks, tables, lasting)
    for fault in module.FAULTS
}
