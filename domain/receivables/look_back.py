"""Recurring instalments of the months before: what they came to, and what they were charged."""

from __future__ import annotations

import datetime as dt

from domain.collections.work import Work
from domain.receivables.state import Letter, Receivables
from domain.receivables.statutes import Statute
from domain.receivables.tariff import Earlier, months_before


def is_instalment(work: Work, statute: Statute, invoice_id: str) -> bool:
    """Whether an invoice is one of those that the rule against stacking speaks of."""
    facts, stacking = work.state.invoices[invoice_id].facts, statute.stacking
    if stacking is None or facts.kind not in stacking.kinds:
        return False
    return facts.amount.minor < stacking.instalment_below_minor


def look_back(work: Work, charge: str, statute: Statute, today: dt.date) -> Earlier:
    """The recurring instalments of the months before, and the most they were or may be charged."""
    if statute.stacking is None:
        return Earlier()
    since = months_before(today, statute.stacking.look_back_months)
    kept = work.state.receivables
    letters = [
        (key, letter)
        for key, letter in kept.letters.items()
        if letter.charge == charge
        and letter.recurring
        and letter.prepared_at.date() >= since
        and letter.ended in {None, "claimed"}
    ]
    refused = [one for one in kept.refused if one.charge == charge and one.at.date() >= since]
    base = sum(
        minor
        for _, letter in letters
        for key, minor in letter.items.items()
        if key in letter.recurring
    )
    base += sum(
        minor for one in refused for key, minor in one.items.items() if key in one.recurring
    )
    return Earlier(base, sum(_charged(kept, key, letter) for key, letter in letters))


def _charged(kept: Receivables, key: str, letter: Letter) -> int:
    """What a letter has cost, or will if nobody pays; a fee that was waived counts as well."""
    if letter.ended is None:
        return letter.cost
    return sum(fee.amount for fee in kept.fees.values() if fee.letter == key)
