"""Recomputes the state of arrears and publishes what follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.collections.work import Work
from domain.effects import Publish, Refuse
from domain.events.actions import Action
from domain.events.base import Data
from domain.events.overdue import TOPIC, OverdueStateChanged, ServiceConsequence
from domain.identity import digest
from domain.money import Money
from domain.notices.owing import owe
from domain.notices.state import Notice
from domain.overdue import upcoming
from domain.overdue.judging import CLEAR, Judged, judge
from domain.overdue.policy import State
from domain.overdue.state import Overdue


def record(_work: Work, _ce_id: str, _data: Action) -> Refuse | None:
    """No action is the state's own: it follows from facts."""
    return None


def conclude(work: Work) -> None:
    """Bring the state in line with facts and clock. Doing it again at the same instant is idle."""
    upcoming.conclude(work)
    before = work.state.overdue
    if not work.claims and before == Overdue():
        return
    found = judge(work)
    target = found.target
    name = target.name if target else CLEAR
    services = target.services if target else ()
    if name != (before.state or CLEAR) or services != before.applied:
        _change(work, found)
        return
    proposes = target.propose if target else None
    quiet = (found.review_at, proposes, found.held_at)
    if quiet != (before.review_at, before.proposes, before.held_at):
        update = dict(zip(("review_at", "proposes", "held_at"), quiet, strict=True))
        work.set(overdue=before.model_copy(update=update))


def due(work: Work) -> Iterator[tuple[str, dt.datetime]]:
    """When time alone may change the state."""
    if work.state.overdue.review_at is not None:
        yield "overdue|review", work.state.overdue.review_at


def _change(work: Work, found: Judged) -> None:
    target, items = found.target, found.items
    before = work.state.overdue
    name, count = target.name if target else CLEAR, before.changes + 1
    services = target.services if target else ()
    if name != (before.state or CLEAR):
        _publish(work, "overdue-state.changed.v1", str(count), _changed(work, found, name))
    for service in (one for one in before.applied if one not in services):
        _consequence(work, count, service, "lift", name, items)
    for service in (one for one in services if one not in before.applied):
        _consequence(work, count, service, "apply", name, items)
    if target is not None and work.policy.overdue.severity(before.state) < (
        work.policy.overdue.severity(name)
    ):
        _owe_notices(work, target, count, items)
    after = Overdue(
        state=name,
        since=work.now if name != before.state else before.since,
        changes=count,
        applied=services,
        proposes=target.propose if target else None,
        review_at=found.review_at,
        held_at=found.held_at,
    )
    work.set(overdue=after)


def _changed(work: Work, found: Judged, name: str) -> OverdueStateChanged:
    at = found.at
    return OverdueStateChanged(
        customer_id=work.state.customer_id,
        state=name,
        previous=work.state.overdue.state,
        because=work.cause.type if work.cause is not None else "time",
        rule=work.policy.overdue.ref,
        days_past_due=at.days.get("due") or 0,
        open=tuple(
            # Not validated: a sum may exceed what one invoice may.
            Money.model_construct(minor=minor, currency=currency)
            for currency, minor in sorted(at.open_minor.items())
        ),
        invoice_ids=found.items,
        at=work.now,
    )


def _consequence(
    work: Work, count: int, service: str, action: str, state: str, items: tuple[str, ...]
) -> None:
    data = ServiceConsequence.model_validate(
        {
            "customer_id": work.state.customer_id,
            "consequence": service,
            "action": action,
            "state": state,
            "rule": work.policy.overdue.ref,
            "invoice_ids": items,
            "at": work.now,
        }
    )
    _publish(work, "service.consequence.v1", f"{count}:{service}:{action}", data)


def _publish(work: Work, ce_type: str, what: str, data: Data) -> None:
    customer_id = work.state.customer_id
    event_id = "overdue-" + digest(customer_id, what)
    work.effects.append(
        Publish(topic=TOPIC, ce_type=ce_type, event_id=event_id, key=customer_id, data=data)
    )


def _owe_notices(work: Work, target: State, count: int, items: tuple[str, ...]) -> None:
    """What entering the state calls for, in each currency that is behind."""
    for kind in target.notices:
        by_currency: dict[str, list[str]] = {}
        for key in items:
            currency = work.state.invoices[key].facts.amount.currency
            by_currency.setdefault(currency, []).append(key)
        for currency, keys in by_currency.items():
            notice = Notice(
                kind=kind,
                purpose="collection",
                owed_at=work.now,
                due=work.now,
                caused_by=f"overdue:{target.name}",
                currency=currency,
                invoice_ids=tuple(keys),
                channels=target.channels,
                asks_for_money=True,
            )
            owe(work, f"{kind}|{count}|{currency}", notice)
