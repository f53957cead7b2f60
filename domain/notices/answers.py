"""What a customer is told of decisions about them: answers, broken promises, fees, hand-overs.

Off until the rule set `delivery` names the kinds: as the product starts, nobody is told more than
the contract says. Drawn from what the row holds, so the order of events changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from domain.collections.work import Work
from domain.money import Money
from domain.notices.owing import drop, owe, reword
from domain.notices.state import Notice
from domain.templates import formats

#: What was decided longer ago is no news: it came to light late, or the rules were changed since.
_NEWS = dt.timedelta(days=14)
#: What asks for money is collection: agreements, flags and refused consent stand in its way.
_ASKING: dict[str, Any] = {"asks_for_money": True, "purpose": "collection"}
_REJECTED = "dispute_rejected"
_Told = tuple[str, dt.datetime, str, dict[str, Any]]


def owe_answers(work: Work) -> None:
    """Owe what has been decided lately and is to be told, each once."""
    wanted = work.policy.delivery.answers
    if not wanted or work.state.profile is None:
        return
    _drop_given_up(work)
    for kind, at, key, more in (*_agreements(work), *_fees(work), *_hand_overs(work)):
        if kind in wanted and work.now - at <= _NEWS:
            given = {
                "kind": kind,
                "purpose": "service",
                "owed_at": work.now,
                "due": work.now,
                "caused_by": key,
                "currency": "EUR",
            }
            name = f"answer|{kind}|{key}"
            owe(work, name, Notice.model_validate(given | more))
            reword(work, name, more.get("values", {}))


def _agreements(work: Work) -> Iterator[_Told]:
    agreed = work.state.arrangements
    for name, closing in agreed.closings.items():
        dispute = agreed.disputes.get(name.removeprefix("dispute|"))
        if closing.upheld is not None and dispute is not None:
            about = _about(work, dispute.invoice_ids)
            if closing.upheld:
                yield "dispute_upheld", closing.at, name, about
            elif ours := _ours(work, about["invoice_ids"]):
                yield _REJECTED, closing.at, name, about | {"invoice_ids": ours}
    for key, promise in agreed.promises.items():
        if promise.state == "broken" and promise.decided_at is not None:
            named = promise.facts.invoice_ids
            asked = tuple(one for one in work.claims if named is None or one in named)
            about = _about(work, asked, promise.facts.amount.currency)
            if about["invoice_ids"]:  # else nothing of it may be asked for now
                yield "promise_broken", promise.decided_at, key, about | _ASKING


def _fees(work: Work) -> Iterator[_Told]:
    for key, fee in work.state.receivables.fees.items():
        if not fee.amount:
            drop(work, f"answer|fee_claimed|{key}")  # it fell before anybody heard of it
            continue
        ids = (*fee.items, key)
        open_minor = sum(work.ledger.open.get(one, 0) for one in ids)
        values = {"fee": _money(work, fee.amount, fee.currency)}
        values["total"] = _money(work, open_minor, fee.currency)
        about = {"currency": fee.currency, "invoice_ids": ids, "values": values}
        yield "fee_claimed", fee.claimed_at, key, about | _ASKING


def _hand_overs(work: Work) -> Iterator[_Told]:
    told: dict[tuple[str, dt.datetime], list[str]] = {}
    for key, given in work.state.case.given_up.items():
        if given.collector is not None:
            told.setdefault((given.collector, given.at), []).append(key)
    for (collector, at), keys in told.items():
        about = _about(work, tuple(keys)) | {"values": {"collector": collector}}
        yield "handed_over", at, f"{collector}|{at.isoformat()}", about


def _drop_given_up(work: Work) -> None:
    """Answers that wait and name what was given up since: owed anew for what is left."""
    for key, notice in work.state.notices.owed.items():
        if notice.kind == _REJECTED and _ours(work, notice.invoice_ids) != notice.invoice_ids:
            drop(work, key)


def _ours(work: Work, invoice_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Without those given up: an answer that says what is owed would ask for them."""
    return tuple(key for key in invoice_ids if key not in work.state.case.given_up)


def _about(
    work: Work, invoice_ids: tuple[str, ...] | None, currency: str | None = None
) -> dict[str, Any]:
    """The named invoices that we know, else all that are open, and their currency."""
    known, wanted = work.state.invoices, invoice_ids
    if wanted is None:
        wanted = tuple(key for key, minor in work.ledger.open.items() if minor)
    ids = tuple(key for key in wanted if key in known)
    own = currency or (known[ids[0]].facts.amount.currency if ids else "EUR")
    same = tuple(key for key in ids if known[key].facts.amount.currency == own)
    return {"currency": own, "invoice_ids": same}


def _money(work: Work, minor: int, currency: str) -> str:
    profile = work.state.profile
    country = profile.facts.country if profile is not None else ""
    tag = profile.facts.language if profile is not None else "en"
    locale = formats.locale_of(work.policy.texts.language(tag, country), country)
    return formats.money(Money.model_construct(minor=minor, currency=currency), locale)
