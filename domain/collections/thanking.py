"""Writes a thank-you: what arrived and what remains of what is due."""

from __future__ import annotations

from domain.collections.postal import postal_of
from domain.collections.reminder import (
    open_items,
    payment_link,
    requested,
    total_of,
)
from domain.collections.state import Message, Thanks
from domain.collections.wording import write
from domain.collections.work import Work
from domain.compliance.gate import Verdict
from domain.effects import Publish
from domain.events.outputs import MessageRequested
from domain.identity import digest
from domain.money import Money
from domain.templates.kinds import THANKS_ALL, THANKS_RECEIVED, THANKS_REST
from domain.templates.rendering import Draft, Item


def build_thanks(
    work: Work, payment_id: str, thanks: Thanks, askable: tuple[str, ...], granted: Verdict
) -> tuple[Publish, Message]:
    """The message to request and the row's memory of it. Raises Unwritable.

    What remains: those of the `askable` invoices that are open, in the payment's currency.
    """
    profile = work.state.profile
    if profile is None:
        raise ValueError("a thank-you is only written when nothing stands in its way")
    channel, to, until = granted.leave
    payment = work.state.payments[payment_id]
    paid = payment.facts.amount
    touched = work.ledger.touched.get(payment_id, ())
    items = _remaining(work, askable, paid.currency)
    rest = total_of(items, paid.currency)
    before = sum(message.payment_id == payment_id for message in work.state.messages)
    message_id = "t-" + digest(work.state.customer_id, payment_id, str(before))
    link = payment_link(work, paid.currency, message_id) if items else ""
    draft = Draft(
        kind=_kind(work, rest, touched, askable),
        today=work.now.date(),
        purpose="service",
        items=items,
        amount=rest,
        paid=paid,
        link=link,
    )
    text = write(work, profile.facts, channel, draft)
    data = MessageRequested(
        message_id=message_id,
        customer_id=work.state.customer_id,
        kind="thank_you",
        channel=channel,
        to=to,
        language=text.language,
        subject=text.subject,
        body=text.body,
        payment_link=link or None,
        invoice_ids=tuple(touched),
        amount_due=rest,
        not_after=until,
        requested_at=work.now,
        caused_by=thanks.caused_by,
        template=text.template,
        postal=postal_of(work, profile.facts, channel),
    )
    return requested(data, paid.currency, payment_id=payment_id)


def _kind(work: Work, rest: Money, touched: tuple[str, ...], askable: tuple[str, ...]) -> str:
    """Which words. "Nothing is due" is not said while a debt is open that may not be asked for.

    A collector may be asking for it, and who believed us would stop paying them.
    """
    if rest.minor:
        return THANKS_REST
    unasked = {*touched, *work.state.case.given_up}.difference(askable)
    is_open = any(work.ledger.open.get(key) for key in unasked)
    return THANKS_RECEIVED if is_open else THANKS_ALL


def _remaining(work: Work, invoice_ids: tuple[str, ...], currency: str) -> list[Item]:
    invoices = work.state.invoices
    named = {key for key in invoice_ids if invoices[key].facts.amount.currency == currency}
    return open_items(work, tuple(named))
