"""Fees arise at the turn of a day, and are never more than what is known later allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import chain, count

from domain.calendar import local_date, start_of_day
from domain.collections.codes import CONTACT
from domain.collections.work import Work
from domain.debits.charges import BankCharge, bank_charges
from domain.identity import digest
from domain.money import Money
from domain.receivables import letters
from domain.receivables.basis import blocked, is_too_little, lost_of, reminders_of
from domain.receivables.candidates import Candidate, today_of
from domain.receivables.principal import open_before
from domain.receivables.state import Fee, Letter, Refusal
from domain.receivables.tariff import flat_cost

_DAY = dt.timedelta(days=1)
#: Names the charge of a fee that passes on what a bank took for a return.
RETURN_CHARGE = "return-charge"
_NAME_MAX = 190
_TOO_MANY = "too_many_fees"


def flat_claims(work: Work, found: Iterable[Candidate]) -> list[tuple[Candidate, Money]]:
    """Fees of a fixed amount that may be claimed: what would come to nothing is none."""
    if _is_told_full(work):
        return []
    claims = []
    for one in found:
        item, flat = work.ledger.open.get(one.invoice_id, 0), one.charge.flat
        if flat is None or not item:
            continue
        cost = flat_cost(one.statute, flat.minor, item, vat_on_top=one.charge.vat_on_top)
        if cost.total:
            total = Money.model_construct(minor=cost.total, currency=flat.currency)
            claims.append((one, total))
    return claims


def claim_flat(work: Work, found: list[Candidate]) -> None:
    """Fees of a fixed amount: no letter, but within the limits of their statute."""
    as_of = start_of_today(work)
    for one, cost in flat_claims(work, found):
        fee = new_fee(work, one.charge.id, cost.currency, (one.invoice_id,), as_of)
        row = {"statute": one.statute.id, "valid_from": one.statute.valid_from}
        amounts = {"stated": cost.minor, "amount": cost.minor}
        if one.statute.after_reminders:
            row |= {"reminders": reminders_of(work, one.invoice_id)}
        add(work, fee.model_copy(update=row | amounts))


def uncharged_returns(work: Work) -> list[tuple[BankCharge, int]]:
    """Returned debits whose charge policy passes on, and how much of it; none of our own fault."""
    profile, rules, state = work.state.profile, work.policy.charges, work.state
    if profile is None or not rules.return_charges or not state.failures or _is_told_full(work):
        return []
    known = {fee.failure for fee in state.receivables.fees.values()}
    found = []
    for charge in bank_charges(state):
        facts = state.failures[charge.key].facts
        row = rules.return_charge(profile.facts.country, facts.failed_at.date())
        if row is None or charge.key in known or not _is_theirs(work, charge.key):
            continue
        if charge.amount.currency != row.most.currency or charge.invoice_id not in state.invoices:
            continue
        is_open = work.ledger.open.get(charge.invoice_id, 0)
        if is_too_little(work, row.most.currency, is_open):
            continue
        if blocked(work, (charge.invoice_id,)) is None:
            found.append((charge, min(charge.amount.minor, row.most.minor)))
    return found


def claim_returns(work: Work) -> None:
    """The bank's charges, passed on."""
    for charge, minor in uncharged_returns(work):
        rests_on, as_of = (charge.invoice_id,), start_of_today(work)
        fee = new_fee(work, RETURN_CHARGE, charge.amount.currency, rests_on, as_of)
        amounts = {"stated": minor, "amount": minor, "failure": charge.key}
        add(work, fee.model_copy(update=amounts))


def corrected(work: Work) -> dict[str, Fee]:
    """The fees by what is known now: each at most what was stated, in the order they arose."""
    kept, done = work.state.receivables, dict[str, Fee]()
    for key, fee in sorted(kept.fees.items(), key=lambda row: (row[1].as_of, row[0])):
        amount = _amount_now(work, fee, done)
        done[key] = fee if amount == fee.amount else fee.model_copy(update={"amount": amount})
    return done


def _amount_now(work: Work, fee: Fee, earlier: Mapping[str, Fee]) -> int:
    if fee.failure is not None:
        is_there = fee.failure in work.state.failures and _is_theirs(work, fee.failure)
        return fee.stated if is_there else 0
    is_open = open_before(work.state, fee.as_of, earlier, work.policy.return_codes)
    letter = work.state.receivables.letters.get(fee.letter or "")
    if fee.letter is None:
        if _is_unannounced(work, fee):
            return 0
        return fee.stated if any(is_open.get(key) for key in fee.items) else 0
    if letter is None or letter.ended != "claimed":
        return 0  # it came back: nobody was told that this would be charged
    base = {key: minor for key, minor in base_of(letter, is_open).items() if key in fee.items}
    statute = letters.row_of(work, letter)
    if not base or statute is None:
        return fee.stated if base else 0
    return min(fee.stated, letters.cost_for(letter, statute, base).total)


def _is_unannounced(work: Work, fee: Fee) -> bool:
    """Whether too few of the reminders before a fixed fee arrived. Once so, it stays so."""
    row = work.policy.charges.statute(fee.statute, fee.valid_from) if fee.valid_from else None
    if not fee.reminders or row is None:
        return False
    lost = lost_of(work, frozenset(fee.reminders))
    return not fee.amount or len(fee.reminders) - len(lost) < row.after_reminders


def base_of(letter: Letter, is_open: Mapping[str, int]) -> dict[str, int]:
    """What the letter named and is still open of it: never more than it named."""
    found = {key: min(minor, is_open.get(key, 0)) for key, minor in letter.items.items()}
    return {key: minor for key, minor in found.items() if minor}


def new_fee(
    work: Work, charge: str, currency: str, items: tuple[str, ...], as_of: dt.datetime
) -> Fee:
    """A fee that rests on the items and arose at `as_of`, without its amounts."""
    oldest = min(items, key=lambda key: (work.state.invoices[key].facts.due_on, key))
    profile = work.state.profile
    if profile is None:
        raise ValueError("a fee is somebody's")
    return Fee(
        charge=charge,
        version=work.policy.charges.version,
        currency=currency,
        invoice_id=oldest,
        items=items,
        stated=0,
        amount=0,
        due_on=local_date(as_of, profile.facts.timezone) - _DAY,
        as_of=as_of,
        claimed_at=work.now,
    )


def add(work: Work, fee: Fee) -> None:
    """Put a fee into the row; where there is no room for it, say so once."""
    kept = work.state.receivables
    if len(kept.fees) < letters.KEPT_MAX:
        letters.put(work, fees={**kept.fees, _name(work, fee): fee})
    elif _is_told_full(work):
        letters.note(work, _TOO_MANY, fee.currency)
    else:
        letters.refuse(
            work,
            Refusal(
                at=work.now,
                charge=fee.charge,
                currency=fee.currency,
                because=_TOO_MANY,
                items={key: work.ledger.open.get(key, 0) for key in fee.items},
            ),
        )


def _is_told_full(work: Work) -> bool:
    """No room for another fee, and people know: it is not tried again every midnight."""
    kept = work.state.receivables
    is_full = len(kept.fees) >= letters.KEPT_MAX
    return is_full and any(one.because == _TOO_MANY for one in kept.refused)


def _name(work: Work, fee: Fee) -> str:
    """`fee-` and the invoice it rests on, as people read it; a further one is counted."""
    basis = f"fee-{fee.invoice_id}"
    if len(basis) > _NAME_MAX:
        basis = "fee-" + digest(work.state.customer_id, fee.invoice_id)
    taken = work.state.invoices.keys() | work.state.receivables.fees.keys()
    names = chain((basis,), (f"{basis}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _is_theirs(work: Work, failure: str) -> bool:
    codes = work.policy.return_codes
    return codes.rule(work.state.failures[failure].facts).action in CONTACT


def start_of_today(work: Work) -> dt.datetime:
    """When today began where the customer lives."""
    profile = work.state.profile
    if profile is None:
        raise ValueError("only a customer with a profile has a day")
    return start_of_day(today_of(work, profile.facts), profile.facts.timezone)
