"""Takes back messages that may not have left yet and should not any more."""

from __future__ import annotations

from domain.arrangements.blocking import blocks
from domain.collections.channels import Purpose, is_allowed
from domain.collections.claims import stop_code
from domain.collections.ledger import net_of
from domain.collections.state import Message, NotSent
from domain.collections.work import Work
from domain.compliance.consents import all_stopped
from domain.effects import Publish
from domain.events.outputs import MessageWithdrawn
from domain.notices import arriving, withdrawing


def withdraw(work: Work) -> None:
    """Withdraw what is not known to have left and would not be asked for any more."""
    for message in work.state.messages:
        if message.state == "requested" and work.now <= message.not_after:
            because = _why_moot(work, message)
            if because is not None:
                _publish_withdrawal(work, message, because)


def _why_moot(work: Work, message: Message) -> str | None:
    """What has come since it was asked for and would have forbidden it, as a short code."""
    stopped = stop_code(work.state, work.policy.return_codes)
    if stopped is not None:
        return f"return_code:{stopped}"
    if message.notice is not None:
        return withdrawing.why_moot(work, message)
    profile, is_reminder = work.state.profile, message.kind == "reminder"
    moot = _why_no_reminder(work, message) if is_reminder else _why_no_thanks(work, message)
    if moot is not None:
        return moot
    for flag in profile.facts.flags if profile is not None else ():
        if is_reminder or flag in work.policy.hold_thanks:
            return f"flag:{flag}"
    if all_stopped(work.state.compliance):
        return "contact_stopped"
    purpose: Purpose = "collection" if is_reminder else "service"
    return None if is_allowed(work.state, message.channel, purpose) else "consent"


def _why_no_reminder(work: Work, message: Message) -> str | None:
    still_open = tuple(key for key in message.invoice_ids if work.ledger.open.get(key))
    if not still_open:
        return "paid"
    given_up = work.state.case.given_up
    asked_for = tuple(key for key in still_open if key not in given_up)
    if not asked_for:
        return given_up[still_open[0]].kind
    agreed = blocks(work, asked_for)
    if agreed is not None:
        return agreed
    return "provisional_payment" if message.currency in work.ledger.provisional else None


def _why_no_thanks(work: Work, message: Message) -> str | None:
    payment = work.state.payments.get(message.payment_id or "")
    if payment is None or net_of(work.state, message.payment_id or "", payment):
        return None
    return "reversed"


def _publish_withdrawal(work: Work, message: Message, because: str) -> None:
    work.effects.append(
        Publish(
            topic=f"messages.{message.channel}",
            ce_type="message.withdrawn.v1",
            event_id=f"{message.message_id}:withdrawn",
            key=work.state.customer_id,
            data=MessageWithdrawn(
                message_id=message.message_id,
                customer_id=work.state.customer_id,
                because=because,
                at=work.now,
            ),
        )
    )
    gone = message.model_copy(update={"state": "withdrawn"})
    work.set(messages=tuple(gone if m is message else m for m in work.state.messages))
    work.note_not_sent(
        NotSent(
            at=work.now,
            because=f"withdrawn:{because}",
            kind=message.kind,
            currency=message.currency,
            step=message.step,
            channel=message.channel,
            rule="withdrawal",
            version=work.policy.contact.version,
        )
    )
    if message.notice is not None:
        arriving.take_back(work, message, because)
