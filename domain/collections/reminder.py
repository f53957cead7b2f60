"""Writes a reminder: what it names, through which channel, until when it may leave."""

from __future__ import annotations

import datetime as dt

from domain.collections.ledger import oldest_first
from domain.collections.links import LinkClaims, sign
from domain.collections.postal import postal_of
from domain.collections.state import Chase, Message, Slot
from domain.collections.wording import write
from domain.collections.work import Work
from domain.compliance.gate import Verdict
from domain.effects import Publish
from domain.events.outputs import LastLook, MessageRequested
from domain.identity import digest
from domain.money import Money
from domain.templates.rendering import Draft, Item


def open_items(work: Work, invoice_ids: tuple[str, ...]) -> list[Item]:
    """Those of the invoices that are open, oldest first."""
    still_open = [key for key in invoice_ids if work.ledger.open.get(key)]
    return [
        Item(
            invoice_id=key,
            open=Money(
                minor=work.ledger.open[key],
                currency=work.state.invoices[key].facts.amount.currency,
            ),
            due_on=work.state.invoices[key].facts.due_on,
        )
        for key in oldest_first(work.state, still_open)
    ]


def total_of(items: list[Item], currency: str) -> Money:
    """What the items come to. Not validated: a sum may exceed what one invoice may."""
    return Money.model_construct(minor=sum(item.open.minor for item in items), currency=currency)


def payment_link(work: Work, currency: str, message_id: str) -> str:
    """A signed link to the customer's live balance in the currency."""
    expires_at = work.now + dt.timedelta(days=work.policy.link_days)
    claims = LinkClaims(
        customer_id=work.state.customer_id,
        currency=currency,
        message_id=message_id,
        expires_at=expires_at,
        single_use=work.policy.delivery.single_use_links,
    )
    return f"{work.policy.link_base_url}/{sign(work.policy.link_secret, claims)}"


def requested(
    data: MessageRequested, currency: str, **about: str | None
) -> tuple[Publish, Message]:
    """The event of a message, and the row's memory of it with what it was `about`."""
    publish = Publish(
        topic=f"messages.{data.channel}",
        ce_type="message.requested.v1",
        event_id=data.message_id,
        key=data.customer_id,
        data=data,
    )
    memory = Message.model_validate(
        {
            "message_id": data.message_id,
            "kind": data.kind,
            "channel": data.channel,
            "at": data.requested_at,
            "not_after": data.not_after,
            "currency": currency,
            "invoice_ids": data.invoice_ids,
            "step": data.step,
            "caused_by": data.caused_by,
            "address": digest(data.to, size=5),
            **about,
        }
    )
    return publish, memory


def build_reminder(
    work: Work,
    currency: str,
    chase: Chase,
    slot: Slot,
    granted: Verdict,
    last_look: tuple[LastLook, ...],
) -> tuple[Publish, Message]:
    """The message to request and the row's memory of it. Raises Unwritable."""
    profile = work.state.profile
    if profile is None:
        raise ValueError("a reminder is only written when nothing stands in its way")
    channel, to, until = granted.leave
    items = open_items(work, granted.invoice_ids)
    total = total_of(items, currency)
    message_id = _message_id(work, currency, chase, slot.step)
    link = payment_link(work, currency, message_id)
    draft = Draft(
        kind="reminder",
        today=work.now.date(),
        purpose="collection",
        step=slot.step,
        items=items,
        amount=total,
        link=link,
    )
    text = write(work, profile.facts, channel, draft)
    data = MessageRequested(
        message_id=message_id,
        customer_id=work.state.customer_id,
        kind="reminder",
        channel=channel,
        to=to,
        language=text.language,
        subject=text.subject,
        body=text.body,
        payment_link=link,
        invoice_ids=tuple(item.invoice_id for item in items),
        amount_due=total,
        step=slot.step,
        tone=work.policy.tones.get(slot.step),
        not_after=until,
        requested_at=work.now,
        caused_by=chase.caused_by,
        last_look=last_look,
        template=text.template,
        postal=postal_of(work, profile.facts, channel),
    )
    return requested(data, currency, sequence=chase.sequence)


def _message_id(work: Work, currency: str, chase: Chase, step: int) -> str:
    """Deterministic; another one for each time the step goes out again."""
    before = sum(
        message.sequence == chase.sequence and message.step == step
        for message in work.state.messages
    )
    return "r-" + digest(work.state.customer_id, currency, chase.sequence, str(step), str(before))
