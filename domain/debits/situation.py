"""Whether an invoice may be collected again now, and what forbids it, as a short code."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from domain.arrangements.blocking import DIRECT_DEBIT, blocks
from domain.calendar import local_date
from domain.collections.claims import stop_code
from domain.collections.codes import ReturnCodes, Rule
from domain.collections.state import CustomerState, Failure
from domain.collections.work import Work
from domain.debits.candidates import ZONE
from domain.debits.comebacks import (
    Comeback,
    comebacks,
    invoices_of,
    money_by_collection,
    returned_payment,
)
from domain.debits.coverage import under_way
from domain.debits.mandates import usable
from domain.debits.state import LinkStarted, Mandate

_NO_PRESENTATION = frozenset({"our_fault", "ignore"})


@dataclass(frozen=True, slots=True)
class Situation:
    """An invoice that may be collected: after which failure, how often already, by what."""

    invoice_id: str
    basis: str
    failure: Failure
    rule: Rule
    #: The day of its first failure: the window counts from it.
    failed_first_on: dt.date
    #: This would be the n-th retry, and presentation number `attempt`.
    retry: int
    attempt: int
    open_minor: int
    mandate_id: str
    mandate: Mandate | None


def _failures_of(state: CustomerState, invoice_id: str) -> list[tuple[str, Failure]]:
    """The failed debits of an invoice by their keys, the newest last."""
    found = [row for row in state.failures.items() if row[1].facts.invoice_id == invoice_id]

    def age(row: tuple[str, Failure]) -> tuple[object, ...]:
        facts = row[1].facts
        return facts.attempt, facts.failed_at, facts.collection_id

    return sorted(found, key=age)


def blocked_until(work: Work, link: LinkStarted) -> dt.datetime:
    """Until when somebody who went to pay is left to it."""
    minutes = work.policy.retries.at(work.now.date()).link_block_minutes
    return link.at + dt.timedelta(minutes=minutes)


def assess(work: Work, invoice_id: str) -> Situation | str:
    """The situation, or what forbids a collection. Paid and unknown invoices are `paid`."""
    invoice = work.state.invoices.get(invoice_id)
    minor = work.ledger.open.get(invoice_id, 0)
    if invoice is None or not minor:
        return "paid"
    forbidden = _forbidden(work, invoice_id)
    if forbidden is not None:
        return forbidden
    codes = work.policy.return_codes
    failures = [
        (key, one, codes.rule(one.facts)) for key, one in _failures_of(work.state, invoice_id)
    ]
    counted = [row for row in failures if row[2].action != "ignore"]
    if not counted:
        return "not_failed"
    basis, failure, rule = counted[-1]
    retry = sum(of_one.action not in _NO_PRESENTATION for _, _, of_one in counted)
    newest_at = failure.facts.failed_at
    for one in _reversed_by_name(work.state, codes, invoice_id):
        # One that a failed debit tells as well is counted already; the later word still decides.
        retry += one.rule.action not in _NO_PRESENTATION and not _is_told(work.state, one)
        if one.at > newest_at:
            newest_at, rule = one.at, one.rule
    why_not = _why_no_retry(work, rule, retry)
    if why_not is not None:
        return why_not
    # A mandate that a code has spoilt is followed by one that was signed since.
    since = newest_at.date() if rule.action == "new_mandate" else None
    mandate_id, mandate, missing = usable(work, invoice_id, since)
    if missing:
        return missing
    ours = [
        one.attempt
        for one in work.state.debits.collections.values()
        if one.invoice_id == invoice_id
    ]
    known = [one.facts.attempt for _, one, _ in failures]
    return Situation(
        invoice_id=invoice_id,
        basis=basis,
        failure=failure,
        rule=rule,
        failed_first_on=min(local_date(one.facts.failed_at, ZONE) for _, one, _ in counted),
        retry=retry,
        attempt=max([*known, *ours]) + 1,
        open_minor=minor,
        mandate_id=mandate_id,
        mandate=mandate,
    )


def _reversed_by_name(state: CustomerState, codes: ReturnCodes, invoice_id: str) -> list[Comeback]:
    """The debits of an invoice that were reversed with a return code."""
    return [
        one
        for one in comebacks(state, codes)
        if one.rule.action != "ignore" and invoice_id in invoices_of(state, one.payment_id)
    ]


def _is_told(state: CustomerState, one: Comeback) -> bool:
    """Whether a failed debit speaks of the same return."""
    ours = money_by_collection(state)
    money = (returned_payment(state, ours, failure) for failure in state.failures.values())
    return any(found is not None and found[0] == one.payment_id for found in money)


def _forbidden(work: Work, invoice_id: str) -> str | None:
    """What forbids any collection from this customer, or of this invoice."""
    state = work.state
    if state.profile is None:
        return "no_profile"
    if state.profile.facts.flags:
        return f"flag:{state.profile.facts.flags[0]}"
    stopped = stop_code(state, work.policy.return_codes)
    if stopped is not None:
        return f"return_code:{stopped}"
    agreed = blocks(work, (invoice_id,), DIRECT_DEBIT)
    return agreed if agreed is not None else _not_to_be_debited(work, invoice_id)


def _not_to_be_debited(work: Work, invoice_id: str) -> str | None:
    """What speaks against a debit of this invoice: it is no debit's, or is being paid."""
    facts = work.state.invoices[invoice_id].facts
    if facts.payment_method != "direct_debit":
        return "not_by_direct_debit"
    if facts.amount.currency != "EUR":
        return "not_euro"  # the SEPA schemes know no other currency
    if invoice_id in work.state.case.given_up:
        return work.state.case.given_up[invoice_id].kind
    if facts.amount.currency in work.ledger.provisional:
        return "provisional_payment"
    if invoice_id in under_way(work.state.debits):
        return "being_collected"
    if any(
        one.invoice_id == invoice_id and one.state == "unanswered"
        for one in work.state.debits.collections.values()
    ):
        return "unanswered"  # it may have been made: another one could collect twice
    return "link_payment" if _is_paid_by_link(work, invoice_id) else None


def _is_paid_by_link(work: Work, invoice_id: str) -> bool:
    """Whether the customer has just gone to pay it, and no money has come of that yet."""
    return any(
        key not in work.state.payments
        and (link.invoice_ids is None or invoice_id in link.invoice_ids)
        and work.now < blocked_until(work, link)
        for key, link in work.state.debits.links.items()
    )


def _why_no_retry(work: Work, rule: Rule, retry: int) -> str | None:
    numbers = work.policy.retries.at(work.now.date())
    match rule.action:
        case "retry" | "contact":
            most = min(rule.retries_max, numbers.retries_max)
        case "new_mandate":
            most = numbers.retries_max
        case _:
            return rule.action
    if not most:
        return "no_retry_after_code"
    return "retries_exhausted" if retry > most else None
