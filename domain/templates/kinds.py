"""Every kind of message: which values its template may name, and which words of law it must hold.

Whoever owes a notice gives the values of its kind, as text; the check of a template refuses any
other, so that no message is held at the last moment for a word that nobody gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.events.base import Channel

#: What every message knows, whoever owes it.
ALWAYS = frozenset({"name", "brand", "company", "contact", "link", "items", "amount"})
REMINDER, THANKS_ALL, THANKS_REST = "reminder", "thanks_all", "thanks_rest"
#: Says that money came and nothing of what is open: somebody else asks for that, or nobody may.
THANKS_RECEIVED = "thanks_received"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a template of the kind may and must hold."""

    #: Beside those that every message knows.
    values: frozenset[str] = frozenset()
    #: Legal blocks and values without which it would not be what it has to be.
    must_hold: frozenset[str] = frozenset()
    legal: frozenset[str] = frozenset()
    #: Never by SMS or push: too long, or not in a form that can be kept.
    long_only: bool = False


def _kind(*values: str, must: tuple[str, ...] = (), law: tuple[str, ...] = ()) -> Kind:
    return Kind(frozenset(values), frozenset(must), frozenset(law))


def _letter(*values: str, must: tuple[str, ...] = (), law: tuple[str, ...] = ()) -> Kind:
    return Kind(frozenset(values), frozenset(must), frozenset(law), long_only=True)


_PLAN = ("plan", "total", "paid", "rest", "schedule")

KINDS: dict[str, Kind] = {
    REMINDER: _kind(must=("amount",)),
    THANKS_ALL: _kind("paid", must=("paid",)),
    THANKS_REST: _kind("paid", must=("paid", "amount")),
    # The law's own letters: written form, locked words.
    "fourteen_day_letter": _letter("fee", "total", must=("items",), law=("fourteen_days",)),
    "validation_notice": _letter("days", must=("items", "amount"), law=("validation",)),
    "fee_claimed": _kind("fee", "total", must=("fee",)),
    # Plans and promises.
    "plan_agreed": _kind(*_PLAN, must=("total", "schedule"), law=("plan_terms",)),
    "plan_late": _kind(*_PLAN),
    "plan_broken": _kind(*_PLAN, must=("rest",), law=("debt_advice",)),
    "plan_completed": _kind(*_PLAN),
    "instalment_due": _kind(*_PLAN, "number", "of", "day", "sum", must=("sum", "day")),
    "promise_broken": _kind(law=("debt_advice",)),
    # Direct debits and mandates.
    "pre_notification": _kind(
        "collect_on",
        "to_collect",
        "mandate_id",
        "collection_id",
        must=("to_collect", "collect_on", "mandate_id"),
    ),
    "new_mandate": _kind("mandate_id"),
    # Corrections and answers.
    THANKS_RECEIVED: _kind("paid", must=("paid",)),
    "thanks_corrected": _kind("returned", must=("returned",)),
    "dispute_upheld": _kind(),
    "dispute_rejected": _kind(),
    # Around the due date, and after ours was the last word.
    "payment_due_soon": _kind(must=("amount",)),
    "new_link": _kind(),
    "final_notice": _kind(law=("debt_advice",)),
    "service_restricted": _kind(law=("debt_advice",)),
    "handed_over": _kind("collector", must=("collector",)),
    "debt_recalled": _kind(),
}


@dataclass(frozen=True, slots=True)
class Medium:
    """A channel as its readers know it."""

    is_short: bool
    #: Opt-out and identity lines belong under whatever it carries.
    is_electronic: bool = field(default=True)


MEDIA: dict[str, Medium] = {
    "sms": Medium(is_short=True),
    "push": Medium(is_short=True),
    "email": Medium(is_short=False),
    "letter": Medium(is_short=False, is_electronic=False),
}


#: Channels that carry long texts.
LONG: tuple[Channel, ...] = ("email", "letter")


def is_long_only(kind: str) -> bool:
    """Whether it may only go out as a mail or a letter."""
    found = KINDS.get(kind)
    return found is not None and found.long_only
