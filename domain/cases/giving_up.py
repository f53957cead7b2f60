"""Write-off, hand-over to a collector, and recall: the debt stays, the chasing ends."""

from __future__ import annotations

from domain.cases.state import GivenUp
from domain.collections.view import customer_view
from domain.collections.work import Work
from domain.effects import Publish, Refuse
from domain.events.actions import DebtHandedOver, DebtRecalled, DebtWrittenOff
from domain.events.base import Data
from domain.events.hand_overs import TOPIC, DebtGivenUp, GivenUpChanged, ItemGivenUp
from domain.identity import digest, same_person
from domain.money import Money


def give_up(work: Work, data: DebtWrittenOff | DebtHandedOver) -> Refuse | None:
    """Stop chasing the named open items (absent: all). Two different people decide it."""
    if same_person(data.approved_by, data.by):
        return Refuse("four_eyes", "a debt is given up by two people, not by one twice")
    work.facts_changed()
    wanted = data.invoice_ids if data.invoice_ids is not None else tuple(work.ledger.open)
    items = tuple(key for key in dict.fromkeys(wanted) if work.ledger.open.get(key))
    if not items:
        return Refuse("nothing_open", "none of the invoices has anything open")
    collector = data.collector if isinstance(data, DebtHandedOver) else None
    if collector and work.state.profile is None:
        return Refuse("no_profile", "a collector gets the file of somebody we know")
    given_up = work.state.case.given_up
    elsewhere = {key for key in items if key in given_up and given_up[key].collector != collector}
    # Whoever had it stops: never two who ask for one debt.
    _recall(work, tuple(sorted(elsewhere)), "given_up_otherwise")
    items = tuple(key for key in items if key not in work.state.case.given_up)
    if not items:
        return None  # just so already
    entries = {
        key: GivenUp(
            kind="handed_over" if collector else "written_off",
            at=work.now,
            by=data.by,
            approved_by=data.approved_by,
            reason=data.reason,
            collector=collector,
            currency=work.state.invoices[key].facts.amount.currency,
            open_minor=work.ledger.open[key],
        )
        for key in items
    }
    _put(work, {**work.state.case.given_up, **entries})
    told = DebtGivenUp(
        customer_id=work.state.customer_id,
        collector=collector,
        items=tuple(_item(work, key) for key in items),
        by=data.by,
        approved_by=data.approved_by,
        reason=data.reason,
        at=work.now,
        file=customer_view(work.state, work.now) if collector else None,
    )
    _publish(work, "hand-over.filed.v1" if collector else "write-off.booked.v1", told)
    return None


def take_back(work: Work, data: DebtRecalled) -> None:
    """The items are ours again and are chased as their facts say."""
    given_up = work.state.case.given_up
    wanted = given_up if data.invoice_ids is None else data.invoice_ids
    items = tuple(key for key in wanted if key in given_up)
    work.facts_changed()
    _recall(work, items, data.reason or "recalled")


def follow_money(work: Work) -> None:
    """What is paid or credited is recalled at once; what is paid in part is told."""
    changed = [
        key
        for key, entry in work.state.case.given_up.items()
        if work.ledger.open.get(key, 0) != entry.open_minor
    ]
    # (An invoice whose customer never came is out of the row: it counts as settled.)
    if not changed:
        return
    settled = tuple(key for key in changed if not work.ledger.open.get(key))
    _recall(work, settled, "paid" if _is_touched(work, settled) else "credited")
    partly = tuple(key for key in changed if work.ledger.open.get(key))
    given_up = work.state.case.given_up
    for collector in _collectors(work, partly):
        keys = [key for key in partly if given_up[key].collector == collector]
        told = GivenUpChanged(
            customer_id=work.state.customer_id,
            collector=collector,
            items=tuple(_item(work, key) for key in keys),
            because="open_changed",
            at=work.now,
        )
        _publish(work, f"{_subject(collector)}.changed.v1", told)
    open_now = {
        key: given_up[key].model_copy(update={"open_minor": work.ledger.open[key]})
        for key in partly
    }
    if open_now:
        _put(work, {**work.state.case.given_up, **open_now})


def _recall(work: Work, items: tuple[str, ...], because: str) -> None:
    if not items:
        return
    for collector in _collectors(work, items):
        keys = [key for key in items if work.state.case.given_up[key].collector == collector]
        told = GivenUpChanged(
            customer_id=work.state.customer_id,
            collector=collector,
            items=tuple(_item(work, key) for key in keys),
            because=because,
            at=work.now,
        )
        ended = "hand-over.recalled.v1" if collector else "write-off.reversed.v1"
        _publish(work, ended, told)
    kept = {key: entry for key, entry in work.state.case.given_up.items() if key not in items}
    _put(work, kept)


def _collectors(work: Work, items: tuple[str, ...]) -> list[str | None]:
    """Each once, in a fixed order; None stands for what was written off."""
    found = {work.state.case.given_up[key].collector for key in items}
    return sorted(found, key=lambda name: name or "")


def _subject(collector: str | None) -> str:
    return "hand-over" if collector else "write-off"


def _is_touched(work: Work, items: tuple[str, ...]) -> bool:
    return any(key in items for invoices in work.ledger.touched.values() for key in invoices)


def _item(work: Work, key: str) -> ItemGivenUp:
    currency = work.state.case.given_up[key].currency
    left = work.ledger.open.get(key, 0)
    return ItemGivenUp(invoice_id=key, open=Money.model_construct(minor=left, currency=currency))


def _put(work: Work, given_up: dict[str, GivenUp]) -> None:
    work.set(case=work.state.case.model_copy(update={"given_up": given_up}))
    work.facts_changed()  # what may be chased is another now


def _publish(work: Work, ce_type: str, data: Data) -> None:
    count = work.state.case.told + 1
    work.set(case=work.state.case.model_copy(update={"told": count}))
    customer_id = work.state.customer_id
    event_id = "given-up-" + digest(customer_id, str(count))
    work.effects.append(
        Publish(topic=TOPIC, ce_type=ce_type, event_id=event_id, key=customer_id, data=data)
    )
