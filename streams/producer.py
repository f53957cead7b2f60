"""The transactional producer of a worker, over librdkafka.

Its transactional id is `<app>-<worker>`: `init` fences an earlier process of this name and aborts
what it left open. All methods block; call them off the event loop, one at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.core.ports import BatchAborted, Fenced
from streams.topics import LARGE_MESSAGE_BYTES

logger = logging.getLogger(__name__)
#: librdkafka would write its own lines to stderr, between our structured ones.
LIBRDKAFKA = logging.getLogger("librdkafka")

REQUEST_TIMEOUT_S = 15.0
INIT_TIMEOUT_S = 60.0
#: The broker ends a transaction that was left open for so long, at the latest (`streams.fencing`
#: does it sooner). It looks every ten seconds.
TRANSACTION_TIMEOUT_MS = 30_000
COMMIT_ATTEMPTS_MAX = 8
QUEUE_POLL_S = 0.1

_FENCED = frozenset(
    {
        KafkaError._FENCED,  # noqa: SLF001 - the public names of librdkafka's local errors
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
    }
)

#: The group's answer to positions under a membership that has passed.
_NOT_OWNER = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_INSTANCE_ID,
    }
)


class NotOwner(Fenced):
    """The group has given the partitions to somebody else. The transaction must be aborted."""


class CommitUnknown(Exception):
    """The broker did not say whether the transaction was committed. The process must end.

    `init` of its next process settles it, or a successor that waits for it.
    """


class ProducerBroken(Exception):
    """The producer can't go on, for another reason than fencing."""


def producer_config(bootstrap: str) -> dict[str, object]:
    """What every librdkafka producer of ours has in common."""
    return {
        "bootstrap.servers": bootstrap,
        # Like the Java client: a key must land where everybody else's producer puts it.
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "acks": "all",
        # A batch is produced in one go and its commit flushes: what is one transaction becomes one
        # request for each broker, and nothing waits for the linger to end.
        "linger.ms": 5,
        "message.max.bytes": LARGE_MESSAGE_BYTES,
        "queue.buffering.max.messages": 200_000,
        "compression.type": "lz4",
        # The first request of a new transaction is refused while the last one is completed, and
        # waits this long before the next try; librdkafka's default is 100 ms.
        "retry.backoff.ms": 3,
        "retry.backoff.max.ms": 50,
        "log_level": 3,
        "logger": LIBRDKAFKA,
    }


class TransactionalProducer:
    """begin, produce, commit; every failure is one of five exceptions of the engine."""

    def __init__(self, bootstrap: str, transactional_id: str) -> None:
        self.transactional_id = transactional_id
        self._settings = {
            **producer_config(bootstrap),
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
        }
        self._opened: Producer | None = None

    @property
    def _producer(self) -> Producer:
        if self._opened is None:
            raise ProducerBroken(f"{self.transactional_id} is closed")
        return self._opened

    def init(self) -> None:
        """Fence the predecessor and wait until its open transaction has ended."""
        self._opened = Producer(self._settings)
        self._retrying(lambda: self._producer.init_transactions(INIT_TIMEOUT_S))

    def begin(self) -> None:
        """Start a transaction."""
        self._retrying(self._producer.begin_transaction)

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> None:
        """Add a record. Nobody hears of its delivery: librdkafka itself aborts a transaction of
        which a record was not delivered, and a call into Python costs more than the record.
        """
        arguments: dict[str, object] = {} if partition is None else {"partition": partition}
        while True:
            try:
                self._producer.produce(
                    topic,
                    value,
                    key,
                    headers=list(headers),
                    **arguments,
                )
            except BufferError:
                self._producer.poll(QUEUE_POLL_S)
            except KafkaException as error:
                raise _translated(error) from error
            else:
                return

    def commit(self, positions: list[TopicPartition], group_metadata: object) -> None:
        """Send the source positions into the transaction and commit it."""
        if positions:
            self._retrying(
                lambda: self._producer.send_offsets_to_transaction(
                    positions, group_metadata, REQUEST_TIMEOUT_S
                )
            )
        self._commit()

    def _commit(self) -> None:
        for _ in range(COMMIT_ATTEMPTS_MAX):
            try:
                self._producer.commit_transaction(REQUEST_TIMEOUT_S)
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise _translated(error) from error
                # The outcome is unknown: the same call again asks for it and never repeats it.
                logger.warning("commit of %s not confirmed, asking again", self.transactional_id)
            else:
                return
        raise CommitUnknown(f"{self.transactional_id}: no answer to commit")

    def abort(self) -> None:
        """Give the open transaction up; its records stay invisible."""
        self._retrying(lambda: self._producer.abort_transaction(REQUEST_TIMEOUT_S))

    def close(self) -> None:
        """Let the connections go. Destroying librdkafka's handle may block for a moment."""
        self._opened = None

    def _retrying(self, call: Callable[[], object]) -> None:
        for attempt in range(COMMIT_ATTEMPTS_MAX):
            try:
                call()
            except KafkaException as error:
                last = attempt == COMMIT_ATTEMPTS_MAX - 1
                if last or not error.args[0].retriable():
                    raise _translated(error) from error
            else:
                return


def _translated(error: KafkaException) -> Exception:
    kafka_error: KafkaError = error.args[0]
    if kafka_error.code() in _FENCED:
        return Fenced(str(kafka_error))
    if kafka_error.code() in _NOT_OWNER:
        return NotOwner(str(kafka_error))
    if kafka_error.txn_requires_abort():
        return BatchAborted(str(kafka_error))
    return ProducerBroken(str(kafka_error))
