"""Stands for dispatchers and gateways in process: what is asked for leaves, and is receipted.

The same facts reach the rules as from `dunnock.dispatching`: `delivered`, `failed` with its reason,
nothing for a withdrawn message, `expired` for one that could not leave in time.
"""

from __future__ import annotations

import datetime as dt

from domain.events.customers import Interaction
from domain.events.outputs import MessageRequested
from dunnock.playing.driver import GatewayMode, Output, Publishing
from streams.codec import headers_of
from streams.topics import INTERACTIONS

CHANNELS = ("sms", "push", "email", "letter")
_REQUESTED, _WITHDRAWN = "message.requested.v1", "message.withdrawn.v1"


class Gateways:
    """One for each channel."""

    def __init__(self) -> None:
        self._modes: dict[str, GatewayMode] = dict.fromkeys(CHANNELS, "works")
        self._waiting: dict[str, MessageRequested] = {}
        self._withdrawn: set[str] = set()
        self._taken: list[MessageRequested] = []

    def behave(self, channel: str, mode: GatewayMode) -> None:
        """From now on."""
        self._modes[channel] = mode

    def taken(self, channel: str) -> list[str]:
        """Ids of the messages that left, in order."""
        return [one.message_id for one in self._taken if one.channel == channel]

    def hear(self, outputs: list[Output]) -> None:
        """Requests and withdrawals on the channels' topics."""
        for output in outputs:
            if output.ce_type == _REQUESTED and output.topic.split(".")[-1] in CHANNELS:
                message = MessageRequested.model_validate(output.data)
                self._waiting[message.message_id] = message
            elif output.ce_type == _WITHDRAWN:
                self._withdrawn.add(output.data["message_id"])

    def receipts(self, now: dt.datetime) -> list[Publishing]:
        """Let go what may leave now; gives what the dispatchers tell the log of it."""
        told = []
        for message in tuple(self._waiting.values()):
            mode = self._modes[message.channel]
            if message.message_id in self._withdrawn:
                del self._waiting[message.message_id]
            elif message.not_after < now:
                told.append(self._settled(message, now, "expired", "not_after"))
            elif mode == "works":
                self._taken.append(message)
                told.append(self._settled(message, now, "sent", ""))
            elif mode == "refuses":
                told.append(self._settled(message, now, "failed", "refused"))
            elif mode == "silent":
                told.append(self._settled(message, now, "unknown", "interrupted"))
        return told

    def _settled(
        self, message: MessageRequested, now: dt.datetime, state: str, reason: str
    ) -> Publishing:
        del self._waiting[message.message_id]
        kind = "delivered" if state == "sent" else "failed"
        data = Interaction(
            customer_id=message.customer_id,
            channel=message.channel,
            at=now,
            message_id=message.message_id,
            detail=None if state == "sent" else {"reason": reason, "state": state},
        )
        source = f"dunnock/dispatcher-{message.channel}"
        ce_id = f"{message.message_id}/{kind}"
        return Publishing(
            INTERACTIONS,
            message.customer_id.encode(),
            data.model_dump_json(exclude_none=True).encode(),
            headers_of(f"message.{kind}.v1", ce_id, now, source),
        )
