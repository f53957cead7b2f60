"""Sources of Faust, mode and aiokafka that the engine overrides or relies on line by line.

`module:name` → the first 16 hex digits of the source's SHA-256, as it was when we read it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from operator import attrgetter

_DRIVER = "faust.transport.drivers.aiokafka"
_CLIENT = "faust.assignor.client_assignment:ClientAssignment"
_COPART = "faust.assignor.copartitioned_assignor:CopartitionedAssignor"

READ_SOURCES = {
    "faust.transport.consumer:Consumer._drain_messages": "44a2500309e83c63",
    "faust.transport.consumer:Consumer.getmany": "4b168d84882a70d6",
    "faust.transport.consumer:Consumer._wait_next_records": "6218e1969a636b3f",
    "faust.transport.consumer:Consumer.perform_seek": "0e8c130ff4b0afd8",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "d04b7ae72c6fc206",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "29ce96596f05a18c",
    "faust.transport.consumer:Consumer.wait_empty": "e4662fe24f094819",
    "faust.transport.consumer:Consumer.maybe_wait_for_commit_to_finish": "d687f63a0b5ef0c5",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks": "f6f9239774234e7e",
    "faust.transport.consumer:Consumer._new_offset": "1d2c7ea89a7ad4f1",
    "faust.transport.consumer:Consumer._commit_tps": "a20e230b05ae8b15",
    "faust.transport.consumer:Consumer._commit_offsets": "1a69799041188441",
    "faust.transport.consumer:Consumer.verify_all_partitions_active": "4e0e46f5c297305d",
    "faust.transport.consumer:Fetcher.on_stop": "21f3bae9b455762b",
    "faust.transport.consumer:Fetcher._fetcher": "68f894f0b577d810",
    f"{_DRIVER}:Consumer._new_consumer_thread": "0870ec53dea75083",
    f"{_DRIVER}:AIOKafkaConsumerThread._create_worker_consumer": "c2701bfc3e6f6cad",
    f"{_DRIVER}:AIOKafkaConsumerThread._fetch_records": "39a2c6c79fc1455a",
    f"{_DRIVER}:AIOKafkaConsumerThread._commit": "932852ce7a23f658",
    "faust.transport.conductor:Conductor._build_handler": "5c071d1277988c57",
    "faust.transport.conductor:Conductor._update_callback_map": "37598771880d27ba",
    "faust.tables.recovery:Recovery._restart_recovery": "6bd8a8558a2dffe4",
    "faust.tables.recovery:Recovery._build_highwaters": "91b4cc0d3724ae7b",
    "faust.tables.recovery:Recovery._build_offsets": "27eec86be06cb51f",
    "faust.tables.recovery:Recovery._seek_offsets": "19598ca63d94d250",
    "faust.tables.recovery:Recovery._wait": "ec7429b70176f8c6",
    "faust.tables.recovery:Recovery.on_recovery_completed": "6ef567acf072e46d",
    "faust.tables.recovery:Recovery.on_rebalance": "aa4d997a1795ceae",
    "faust.tables.recovery:Recovery.add_standby": "7c2d15b37844b8b4",
    "faust.assignor.partition_assignor:PartitionAssignor.assigned_standbys": "c3cff09409143afd",
    "faust.assignor.partition_assignor:PartitionAssignor._perform_assignment": "1e0bf2c5c8f42574",
    f"{_COPART}.get_assignment": "9e7c467c7140fd22",
    f"{_COPART}._assign_round_robin": "6defd9735314c3cd",
    f"{_CLIENT}.kafka_protocol_assignment": "a98a588cbc888cb9",
    "faust.tables.manager:TableManager.on_start": "365dd25fbc0e0684",
    "faust.tables.manager:TableManager.recovery": "f0bf5de78b4c3d23",
    "faust.tables.base:Collection._new_store": "914a2bda605d38f5",
    "faust.tables.table:Table.on_key_set": "a370e35ca55c2c7e",
    "faust.tables.table:Table.on_key_del": "4f2900b2f9d24a08",
    "faust.tables.table:Table.on_clear": "658ebb2f2e7cb545",
    "faust.stores.base:SerializedStore.apply_changelog_batch": "91933ccd33d90f66",
    "faust.app.base:App.on_started": "c03627f2dc44a1dd",
    "faust.app.base:App._stop_consumer": "55854a5de12c3f52",
    "faust.app.base:App._on_partitions_revoked": "d5c895bbe57dc73a",
    "faust.app.base:App._on_partitions_assigned": "de932b7927db85b3",
    "mode.services:Service._crash": "7bc0c709a151d556",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "be4348896b9b66af",
    "aiokafka.consumer.fetcher:FetchResult.getall": "3e717e30de5068d5",
}


def source_hash(name: str) -> str:
    """The hash of a function, a property or a mode task by `module:name`."""
    module, path = name.split(":")
    found = attrgetter(path)(importlib.import_module(module))
    for wrapper in ("fun", "fget", "__wrapped__"):
        found = getattr(found, wrapper, found)
    return hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:16]
