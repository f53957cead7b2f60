"""What is asked of the broker beside the data path, when the broker was away."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from dunnock.embedded import kafka
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import running
from streams.group_reader import GroupReader

pytestmark = pytest.mark.slow


def test_ends_are_told_again_soon_after_the_broker_was_killed(tmp_path: Path) -> None:
    """Its restart raises the epoch of each leader; the one that a client remembers is refused."""
    program = kafka.prepare(
        tmp_path / "kafka", port=free_port(), controller_port=free_port(), short_lived=True
    )
    with running(program, tmp_path / "kafka.log") as broker:
        admin = AdminClient({"bootstrap.servers": program.address})
        admin.create_topics([NewTopic("payments", 1, 1)])["payments"].result(30)
        reader = GroupReader(program.address, "dunnock")
        assert reader.ends([("payments", 0)]) == {("payments", 0): 0}
        broker.kill()
        broker.wait()
    with running(program, tmp_path / "kafka.log"):
        assert reader.ends([("payments", 0)]) == {("payments", 0): 0}
        reader.close()
