"""A counting worker whose group refuses its first SyncGroup, as a coordinator that loads does."""

from __future__ import annotations

from typing import Any

from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance
from aiokafka.errors import KafkaError

from tests.integration.engine.counting_worker import serve


async def _refused(self: Any, request: Any) -> None:
    raise KafkaError("GroupLoadInProgress, as asked for")


if __name__ == "__main__":
    CoordinatorGroupRebalance._send_sync_group_request = _refused
    serve()
