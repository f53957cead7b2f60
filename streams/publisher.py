"""Publishes outside of transactions: ticks and the outputs of agents with I/O.

Idempotent producer; `publish` returns only when the log has confirmed every record.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.core.records import Output
from streams.producer import producer_config
from streams.topics import TopicNames

POLL_S = 0.05
FLUSH_S = 5.0


class DeliveryFailed(Exception):
    """The log did not take a record. Whoever waited for it must not ack what caused it."""


class Publisher:
    """One producer for the process; its callbacks are served by a thread of its own."""

    def __init__(self, bootstrap: str, names: TopicNames) -> None:
        self._names = names
        self._producer = Producer({**producer_config(bootstrap), "linger.ms": 2})
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="publisher", daemon=True)
        self._thread.start()

    async def publish(self, outputs: Sequence[Output]) -> list[int]:
        """Offsets of the records, in their order. Raises `DeliveryFailed`."""
        loop = asyncio.get_running_loop()
        return list(await asyncio.gather(*(self._send(output, loop) for output in outputs)))

    async def deliver(self, outputs: Sequence[Output]) -> None:
        """`publish` for those who don't care where the records landed."""
        await self.publish(outputs)

    def _send(self, output: Output, loop: asyncio.AbstractEventLoop) -> asyncio.Future[int]:
        future: asyncio.Future[int] = loop.create_future()

        def settle(error: KafkaError | None, offset: int) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(offset)
            else:
                future.set_exception(DeliveryFailed(str(error)))

        def delivered(error: KafkaError | None, message: Message) -> None:
            offset = -1 if error is not None else message.offset()
            loop.call_soon_threadsafe(settle, error, offset)

        arguments = {} if output.partition is None else {"partition": output.partition}
        try:
            self._producer.produce(
                self._names.wire(output.topic),
                output.value,
                output.key,
                headers=list(output.headers),
                on_delivery=delivered,
                **arguments,
            )
        except (BufferError, KafkaException) as error:
            raise DeliveryFailed(str(error)) from error
        return future

    def _serve(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(POLL_S)

    def close(self) -> None:
        """Send what waits and end the thread. Blocking, at most some seconds."""
        self._closing.set()
        self._thread.join()
        self._producer.flush(FLUSH_S)
