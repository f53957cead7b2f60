"""Writes a notice: its words, what it names, through which channel, until when it may leave."""

from __future__ import annotations

from domain.collections.postal import postal_of
from domain.collections.reminder import (
    open_items,
    payment_link,
    requested,
    total_of,
)
from domain.collections.state import Message
from domain.collections.wording import write
from domain.collections.work import Work
from domain.compliance.gate import Verdict
from domain.effects import Publish
from domain.events.outputs import LastLook, MessageRequested
from domain.identity import digest
from domain.notices.state import Notice
from domain.templates.rendering import Draft

#: Kinds that the contract calls `plan`; all others are a `notice`.
_OF_PLANS = ("plan_", "instalment_")


def build_notice(
    work: Work,
    key: str,
    notice: Notice,
    verdict: Verdict,
    last_look: tuple[LastLook, ...] | None,
) -> tuple[Publish, Message]:
    """The message to request and the row's memory of it. Raises Unwritable."""
    profile, channel, ends = work.state.profile, verdict.channel, verdict.ends
    if profile is None or channel is None or ends is None:
        raise ValueError("a notice is only written when nothing stands in its way")
    items = open_items(work, tuple(k for k in verdict.invoice_ids if k in work.state.invoices))
    total = total_of(items, notice.currency)
    message_id = _message_id(work, key)
    link = payment_link(work, notice.currency, message_id)
    draft = Draft(
        kind=notice.kind,
        today=work.now.date(),
        purpose=notice.purpose,
        items=items,
        amount=total,
        link=link,
        values=notice.values,
    )
    text = write(work, profile.facts, channel, draft)
    data = MessageRequested(
        message_id=message_id,
        customer_id=work.state.customer_id,
        kind="plan" if notice.kind.startswith(_OF_PLANS) else "notice",
        channel=channel,
        to=verdict.to,
        language=text.language,
        subject=text.subject,
        body=text.body,
        payment_link=link if link in text.body else None,
        invoice_ids=verdict.invoice_ids,
        amount_due=total if items else None,
        not_after=min(ends, notice.until) if notice.until else ends,
        requested_at=work.now,
        caused_by=notice.caused_by,
        last_look=last_look,
        notice=notice.kind,
        template=text.template,
        postal=postal_of(work, profile.facts, channel),
    )
    return requested(data, notice.currency, kind=notice.kind, notice=key)


def _message_id(work: Work, key: str) -> str:
    """Deterministic; another one for each time the notice goes out again."""
    before = sum(message.notice == key for message in work.state.messages)
    return "n-" + digest(work.state.customer_id, key, str(before))
