"""Which debts call for which charge, by the rules of the fee status, and when more will."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from domain.arrangements.pauses import effective_days_past_due
from domain.calendar import local_date
from domain.collections.work import Work
from domain.events.customers import CustomerUpdated
from domain.fees.situation import late_items, of_item
from domain.receivables.basis import blocked, is_too_little, reminders_of, standing
from domain.receivables.policy import Charge
from domain.receivables.statutes import Statute

_DAY = dt.timedelta(days=1)


class Candidate(NamedTuple):
    """An invoice for which a charge is called."""

    invoice_id: str
    charge: Charge
    statute: Statute


def today_of(work: Work, facts: CustomerUpdated) -> dt.date:
    """The date where the customer lives."""
    return local_date(work.now, facts.timezone)


def candidates(work: Work) -> list[Candidate]:
    """What is late, may be charged now and has not been dealt with yet, oldest first."""
    profile, rules = work.state.profile, work.policy.charges
    if profile is None or not rules.charges or not work.policy.fees.calls_for_fees:
        return []
    today = today_of(work, profile.facts)
    if not work.claims:
        return []
    dealt_with = _dealt_with(work)
    found = []
    for key in sorted(
        standing(work, work.claims), key=lambda key: (work.state.invoices[key].facts.due_on, key)
    ):
        facts = work.state.invoices[key].facts
        if facts.kind == "fee" or facts.due_on >= today:
            continue
        if all((charge.id, key) in dealt_with for charge in rules.charges):
            continue
        if blocked(work, (key,)):
            continue
        rule = work.policy.fees.rule(of_item(work.state, profile.facts, key, today))
        for charge_id in rule.fees if rule else ():
            charge = rules.by_id.get(charge_id)
            if charge is None or (charge_id, key) in dealt_with:
                continue
            statute = rules.statute(charge.statute, today)
            if statute is not None and _fits(work, profile.facts, key, charge, statute):
                found.append(Candidate(key, charge, statute))
    return _worth_it(work, found)


def next_ripe(work: Work) -> dt.date | None:
    """The next local day on which time alone may make a debt call for a charge."""
    profile = work.state.profile
    if profile is None or not work.policy.charges.charges or not work.policy.fees.calls_for_fees:
        return None
    today = today_of(work, profile.facts)
    return min((*_turning_days(work, today), *_new_law(work, today)), default=None)


def _turning_days(work: Work, today: dt.date) -> Iterator[dt.date]:
    for key in late_items(work.state, work.policy.return_codes):
        facts = work.state.invoices[key].facts
        if facts.kind == "fee":
            continue
        late = effective_days_past_due(work.state, facts.due_on, today)
        # Paused days don't count, so the day that is late by so many moves with them.
        since = max(facts.due_on, today - late * _DAY)
        for days in work.policy.fees.days_that_matter:
            if since + days * _DAY > today:
                yield since + days * _DAY
                break


def _new_law(work: Work, today: dt.date) -> Iterator[dt.date]:
    """Days on which a row of law comes into force, while somebody is late."""
    rules = work.policy.charges
    if work.claims:
        used = {charge.statute for charge in rules.charges}
        yield from (
            row.valid_from for row in rules.statutes if row.valid_from > today and row.id in used
        )


def _worth_it(work: Work, found: list[Candidate]) -> list[Candidate]:
    """Without those whose fee would rest on no more than what is within the tolerance.

    A letter rests on all that it names, a fixed fee on its item.
    """
    if not work.policy.overdue.tolerance_minor:
        return found
    totals = Counter[tuple[str, str, str]]()
    for one in found:
        totals[_claim_of(one)] += work.ledger.open[one.invoice_id]
    return [
        one
        for one in found
        if not is_too_little(work, one.statute.currency, totals[_claim_of(one)])
    ]


def _claim_of(one: Candidate) -> tuple[str, str, str]:
    item = one.invoice_id if one.statute.letter is None else ""
    return one.charge.id, one.statute.currency, item


def _dealt_with(work: Work) -> set[tuple[str, str]]:
    """(charge, invoice) for which there is a letter, a fee or a refusal.

    A letter that was answered in time or came back, or a fee that came to nothing, leaves the
    invoice free: if it is open (again), another letter may follow.
    """
    kept = work.state.receivables
    found = {
        (letter.charge, key)
        for letter in kept.letters.values()
        if letter.ended is None
        for key in (*letter.items, *letter.aside)
    }
    found |= {
        (fee.charge, key)
        for fee_id, fee in kept.fees.items()
        if fee.amount or fee_id in kept.waived
        for key in fee.items
    }
    return found | {(one.charge, key) for one in kept.refused for key in one.items}


def _fits(work: Work, facts: CustomerUpdated, key: str, charge: Charge, statute: Statute) -> bool:
    """Whether the charge is for such an item, and the statute for this country."""
    invoice = work.state.invoices[key].facts
    return (
        statute.country == facts.country
        and statute.currency == invoice.amount.currency
        and (charge.kinds is None or invoice.kind in charge.kinds)
        and (charge.brands is None or (facts.brand or work.policy.default_brand) in charge.brands)
        and (not statute.after_reminders or len(reminders_of(work, key)) >= statute.after_reminders)
    )
