"""What a finished dispatch tells the log. The same dispatch always gives the same record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from connectors.postgres.dispatch_rows import Dispatch
from domain.events.customers import Interaction
from streams.codec import headers_of
from streams.core.records import Output
from streams.topics import INTERACTIONS

_DELIVERED = "message.delivered.v1"
_FAILED = "message.failed.v1"


def source_of(channel: str) -> str:
    """The `ce_source` of the receipts of a channel."""
    return f"dunnock/dispatcher-{channel}"


def receipt(dispatch: Dispatch) -> Output | None:
    """The receipt of a dispatch; None for a withdrawn one, whose sender asked for no news.

    A failed, unknown or expired message makes the stateful side try the next channel.
    """
    if dispatch.state in {"claimed", "withdrawn"} or dispatch.finished_at is None:
        return None
    sent = dispatch.state == "sent"
    reason = "not_after" if dispatch.state == "expired" else dispatch.reason or "unspecified"
    at = dispatch.finished_at.astimezone(UTC)
    data = Interaction(
        customer_id=dispatch.customer_id,
        channel=dispatch.channel,
        at=at,
        message_id=dispatch.message_id,
        detail=None if sent else {"reason": reason, "state": dispatch.state},
    )
    return Output(
        topic=INTERACTIONS,
        key=dispatch.customer_id.encode(),
        value=data.model_dump_json(exclude_none=True).encode(),
        headers=headers_of(
            _DELIVERED if sent else _FAILED,
            f"{dispatch.message_id}/{'delivered' if sent else 'failed'}",
            at,
            source_of(dispatch.channel),
        ),
    )


def receipted(outputs: Iterable[Output]) -> list[str]:
    """The message ids of the receipts among `outputs`."""
    return [
        value.decode().rpartition("/")[0]
        for output in outputs
        if output.topic == INTERACTIONS
        for name, value in output.headers
        if name == "ce_id"
    ]
