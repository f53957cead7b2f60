"""Who we were in the group when our partitions were assigned: what fences a transaction.

The broker takes the positions of a transaction only from a member of the present generation. It
must therefore be the generation of the assignment that the records were read under, never a newer
one: a process that slept through a rebalance has joined again by the time it commits.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Membership:
    """One member in one generation of the consumer group."""

    group: str
    generation: int
    member_id: str
    instance_id: str | None = None

    @property
    def stands(self) -> bool:
        """Whether the group knew us: aiokafka sets -1 when it was told otherwise."""
        return self.generation >= 0 and self.member_id != ""

    def metadata(self) -> bytes:
        """As librdkafka keeps a consumer's group metadata; its Python client makes none for us.

        A test compares it with what librdkafka writes for a consumer without a group.
        """
        instance = b"\1" if self.instance_id is None else b"\0" + self.instance_id.encode() + b"\0"
        names = self.group.encode() + b"\0" + self.member_id.encode() + b"\0"
        return b"CGMDv2:" + struct.pack("=i", self.generation) + names + instance
