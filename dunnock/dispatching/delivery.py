"""One message: claimed, handed over, settled. Every call goes on where the row says it stands.

There is one path for the first try, for a repeated try and for the resumption after a crash:
what is handed over and in doubt is asked for (or, where nobody can be asked, given up as
`unknown`); what is not handed over is looked at again (withdrawn? too late?) and sent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import stamina
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from connectors.gateways.ports import (
    Absent,
    Accepted,
    Gateway,
    Outcome,
    Outgoing,
    Paper,
    Rejected,
    TryLater,
    Uncertain,
)
from connectors.postgres.dispatch_rows import Claim, Dispatch
from connectors.postgres.dispatches import Dispatches
from connectors.postgres.pool import LOST
from domain.events.outputs import MessageRequested
from domain.templates import formats
from dunnock.dispatching.receipts import receipt
from dunnock.dispatching.withdrawals import WithdrawalReader
from runtime import logs, metrics
from streams.codec import BadRecord, unwrap
from streams.core.logic import Refused
from streams.core.pool import OutsideFailure
from streams.core.records import Output, Record

log = logs.logger(__name__)

REQUESTED = "message.requested.v1"
WITHDRAWN = "message.withdrawn.v1"
#: A settled outcome is worth waiting for the database: forgotten, it would be in doubt.
_SETTLE_TRIES = 6
_SETTLE_S_MAX = 10.0


class Delivery:
    """The pool's handler for one channel."""

    def __init__(
        self, channel: str, gateway: Gateway, dispatches: Dispatches, withdrawals: WithdrawalReader
    ) -> None:
        self._channel = channel
        self._gateway = gateway
        self._dispatches = dispatches
        self._withdrawals = withdrawals

    async def handle(self, record: Record) -> Sequence[Output]:
        """Settle the message of `record` and give its receipt; nothing if it has gone before.

        Raises `Refused` for what is no message of ours, `OutsideFailure` when it has to be
        handled again.
        """
        message = _message(record)
        if message is None:
            return ()
        started = time.monotonic()
        try:
            await self._withdrawals.read_through(record.partition)
            dispatch = await self._settle(message)
        except (*LOST, KafkaError) as error:
            raise OutsideFailure(type(error).__name__) from error
        if dispatch.receipted:
            return ()
        metrics.DISPATCHES.labels(self._channel, dispatch.state).inc()
        metrics.DISPATCH_SECONDS.labels(self._channel).observe(time.monotonic() - started)
        if dispatch.state != "sent":
            log.info(
                "message not sent",
                message_id=dispatch.message_id,
                state=dispatch.state,
                reason=dispatch.reason,
                attempts=dispatch.attempts,
            )
        output = receipt(dispatch)
        return () if output is None else (output,)

    async def _settle(self, message: MessageRequested) -> Dispatch:
        claim = Claim(
            message.message_id,
            self._channel,
            message.customer_id,
            message.kind,
            message.not_after,
            handed_over=self._gateway.can_be_asked,
        )
        dispatch = await self._dispatches.claim(claim)
        if dispatch.state != "claimed":
            return dispatch
        if not dispatch.fresh:
            if dispatch.handed_over:
                dispatch = await self._clear_up(dispatch)
            if dispatch.state == "claimed":
                dispatch = await self._dispatches.reconsider(dispatch.message_id)
            if dispatch.state != "claimed":
                return dispatch
        return await self._send(dispatch, message)

    async def _clear_up(self, dispatch: Dispatch) -> Dispatch:
        """What became of content that may have left?"""
        if not self._gateway.can_be_asked:
            return await self._dispatches.finish(
                dispatch.message_id, "unknown", reason="interrupted"
            )
        answer = await self._gateway.ask(dispatch.message_id)
        self._count(answer)
        match answer:
            case Accepted(provider_id):
                return await self._dispatches.finish(
                    dispatch.message_id, "sent", provider_id=provider_id
                )
            case Absent():
                await self._dispatches.take_back(dispatch.message_id)
                return dispatch
            case Uncertain(reason):
                if dispatch.overdue:
                    return await self._dispatches.finish(
                        dispatch.message_id, "unknown", reason=reason
                    )
                raise OutsideFailure(reason)

    async def _send(self, dispatch: Dispatch, message: MessageRequested) -> Dispatch:
        message_id = message.message_id
        marked = dispatch.handed_over

        async def hand_over() -> bool:
            return marked or await self._dispatches.hand_over(message_id)

        started = time.monotonic()
        outcome = await self._gateway.send(
            outgoing(message),
            hand_over,
        )
        metrics.GATEWAY_SECONDS.labels(self._channel).observe(time.monotonic() - started)
        self._count(outcome)
        try:
            return await self._record(message_id, outcome)
        except LOST:
            return await self._insist(message_id, outcome)

    async def _insist(self, message_id: str, outcome: Outcome) -> Dispatch:
        async for attempt in stamina.retry_context(
            on=LOST, attempts=_SETTLE_TRIES, timeout=_SETTLE_S_MAX
        ):
            with attempt:
                return await self._record(message_id, outcome)
        raise AssertionError("unreachable")  # retry_context raises when it gives up

    async def _record(self, message_id: str, outcome: Outcome) -> Dispatch:
        match outcome:
            case Accepted(provider_id):
                return await self._dispatches.finish(message_id, "sent", provider_id=provider_id)
            case Rejected(reason):
                return await self._dispatches.finish(message_id, "failed", reason=reason)
            case TryLater(reason, after_s):
                await self._dispatches.take_back(message_id)
                raise OutsideFailure(reason, after_s=after_s)
            case Uncertain(reason):
                if self._gateway.can_be_asked:
                    raise OutsideFailure(reason)
                return await self._dispatches.finish(message_id, "unknown", reason=reason)

    def _count(self, outcome: object) -> None:
        metrics.GATEWAY_CALLS.labels(self._channel, type(outcome).__name__.lower()).inc()


def outgoing(message: MessageRequested) -> Outgoing:
    """The message as a gateway gets it."""
    postal, paper = message.postal, None
    if postal is not None:
        place = formats.locale_of(message.language, "")
        paper = Paper(
            recipient=postal.recipient,
            sender=postal.sender,
            brand=postal.brand,
            date=formats.date(message.requested_at.date(), place),
            link=message.payment_link,
        )
    return Outgoing(
        message.message_id, message.to, message.body, message.subject, message.language, paper
    )


def _message(record: Record) -> MessageRequested | None:
    """The request in a record; None for a withdrawal, which the fast reader has dealt with."""
    try:
        envelope, data = unwrap(record)
        if envelope.type == WITHDRAWN:
            return None
        if envelope.type != REQUESTED:
            raise Refused("unknown_type", f"{envelope.type[:80]} is not for a dispatcher")
        return MessageRequested.model_validate_json(data)
    except BadRecord as error:
        raise Refused(error.reason, error.detail) from None
    except ValidationError as error:
        where = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        raise Refused("invalid", f"fields: {', '.join(sorted(where))}") from None
