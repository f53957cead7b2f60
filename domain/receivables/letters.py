"""The letters on which fees rest: written at the turn of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from domain.collections.state import NotSent
from domain.collections.work import Work
from domain.identity import digest
from domain.money import Money
from domain.notices.owing import owe, sent
from domain.notices.state import Notice, NoticeSent
from domain.receivables.candidates import Candidate, today_of
from domain.receivables.look_back import is_instalment, look_back
from domain.receivables.post import received_on, term_ends
from domain.receivables.state import Letter, Refusal
from domain.receivables.statutes import Statute
from domain.receivables.tariff import Cost, Earlier, cost_of
from domain.templates.formats import locale_of, money

#: More letters, fees and refusals than this are not kept: nobody is charged so often.
KEPT_MAX = 60


def put(work: Work, **changes: object) -> None:
    """Replace fields of what the row keeps of fees."""
    work.set(receivables=work.state.receivables.model_copy(update=changes))


def refuse(work: Work, refusal: Refusal) -> None:
    """A fee that was called for is not charged: people see why."""
    kept = work.state.receivables.refused[-KEPT_MAX + 1 :]
    put(work, refused=(*kept, refusal))
    note(work, refusal.because, refusal.currency)


def note(work: Work, because: str, currency: str) -> None:
    """`not_sent` of the customer's page: why no fee."""
    said = f"fee_refused:{because}"
    work.note_not_sent(NotSent(at=work.now, because=said, kind="fee", currency=currency))


def gone_of(work: Work, key: str, letter: Letter) -> NoticeSent | None:
    """What is known of its sending; what the notices have forgotten is known here."""
    if key in work.state.notices.owed:
        return None  # not out yet, or out again over another channel
    gone = sent(work, key)
    return letter.gone if gone is None else gone.model_copy(update={"notice": None})


def term_of(work: Work, key: str, letter: Letter) -> dt.datetime | None:
    """The local midnight at which its term is over; None without proof that it was received."""
    profile = work.state.profile
    statute = row_of(work, letter)
    gone = gone_of(work, key, letter)
    if profile is None or gone is None or statute is None or statute.letter is None:
        return None
    zone = profile.facts.timezone
    received = received_on(statute.letter, gone, zone)
    return None if received is None else term_ends(work.state, statute.letter, received, zone)


def row_of(work: Work, letter: Letter) -> Statute | None:
    """The row of law it was written under, as the rule set has it now."""
    return work.policy.charges.statute(letter.statute, letter.valid_from)


def cost_for(letter: Letter, statute: Statute, items: dict[str, int]) -> Cost:
    """What the letter may announce, or a fee on it may be, for `items` of it."""
    earlier = Earlier(letter.earlier_base, letter.earlier_charged)
    recurring = frozenset(letter.recurring)
    return cost_of(statute, items, recurring, earlier, vat_on_top=letter.vat_on_top)


def prepare(work: Work, found: Iterable[Candidate]) -> None:
    """Write one letter for each charge and currency: what may be claimed together is one claim."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for one in found:
        currency = work.state.invoices[one.invoice_id].facts.amount.currency
        groups.setdefault((one.charge.id, currency), []).append(one)
    for (_, currency), members in sorted(groups.items()):
        _write(work, currency, members)


def end(work: Work, key: str, letter: Letter, ended: str) -> None:
    """The letter has had its effect, or has none."""
    put_letter(work, key, letter.model_copy(update={"ended": ended, "ended_at": work.now}))


def hold(work: Work, key: str, letter: Letter, because: str) -> None:
    """Its term is over, but something forbids the fee: what is paid until then is in time."""
    if letter.held != because:
        put_letter(work, key, letter.model_copy(update={"held": because}))
        note(work, because, letter.currency)


def put_letter(work: Work, key: str, letter: Letter) -> None:
    """Replace what is kept of a letter."""
    put(work, letters={**work.state.receivables.letters, key: letter})


def _write(work: Work, currency: str, members: list[Candidate]) -> None:
    profile, kept = work.state.profile, work.state.receivables
    if profile is None:
        return
    charge, statute = members[0].charge, members[0].statute
    items = {one.invoice_id: work.ledger.open[one.invoice_id] for one in members}
    recurring = tuple(key for key in items if is_instalment(work, statute, key))
    earlier = look_back(work, charge.id, statute, today_of(work, profile.facts))
    cost = cost_of(statute, items, frozenset(recurring), earlier, vat_on_top=charge.vat_on_top)
    others = _with_room(work)
    if not cost.total or len(others) >= KEPT_MAX:
        because = "too_many_letters" if cost.total else "stacked"
        refuse(
            work,
            Refusal(
                at=work.now,
                charge=charge.id,
                currency=currency,
                because=because,
                items=items,
                recurring=recurring,
            ),
        )
        return
    number = kept.letters_made + 1
    letter = Letter(
        charge=charge.id,
        statute=statute.id,
        valid_from=statute.valid_from,
        version=work.policy.charges.version,
        currency=currency,
        items=items,
        recurring=recurring,
        earlier_base=earlier.base,
        earlier_charged=earlier.charged,
        cost=cost.total,
        vat=cost.vat,
        vat_on_top=charge.vat_on_top,
        prepared_at=work.now,
    )
    key = "fee-letter-" + digest(work.state.customer_id, charge.id, currency, str(number))
    put(work, letters={**others, key: letter}, letters_made=number)
    owe(work, key, notice_for(work, letter, statute))


def _with_room(work: Work) -> dict[str, Letter]:
    """Without the oldest of those that came to nothing, where there are too many."""
    kept, is_open = work.state.receivables.letters, work.ledger.open
    idle = [
        key
        for key, letter in kept.items()
        if letter.ended in {"paid", "gone"}
        or (letter.ended is None and not any(is_open.get(name) for name in letter.items))
    ]
    gone = set(idle[: max(0, len(kept) + 1 - KEPT_MAX)])
    return {key: letter for key, letter in kept.items() if key not in gone}


def notice_for(work: Work, letter: Letter, statute: Statute) -> Notice:
    """What is to be sent: what the letter names, the costs, and the sum of both."""
    profile, terms = work.state.profile, statute.letter
    if profile is None or terms is None:
        raise ValueError("a letter is only written to somebody, under a statute that asks for it")
    facts = profile.facts
    language = work.policy.texts.language(facts.language, facts.country)
    locale = locale_of(language, facts.country)
    total = letter.cost + sum(letter.items.values())
    amounts = {"fee": letter.cost, "total": total}
    return Notice(
        kind=terms.notice,
        purpose="collection",
        owed_at=work.now,
        due=work.now,
        caused_by=work.state.invoices[min(letter.items)].ce_id,
        currency=letter.currency,
        invoice_ids=tuple(letter.items),
        values={
            name: money(Money.model_construct(minor=minor, currency=letter.currency), locale)
            for name, minor in amounts.items()
        },
        channels=terms.channels,
        asks_for_money=True,
    )
