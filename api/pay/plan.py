"""`/pay/{token}/plan`: instalments inside the bounds of policy; the first one is paid now.

The plan is agreed when the provider reports the first instalment paid, not before: until then
nothing has changed, and a form sent twice is one order and one plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from api.pages.rendering import Values
from api.pay import orders
from api.pay.choice import BadChoice, Open, minor_of
from api.pay.fields import Slip, kept_of, whole_of
from api.pay.page import leads_to_provider, order
from api.pay.psp import PspUnavailable
from api.pay.visit import Visit, opened
from api.rule_sets.present import policy_in_force
from api.security.access import form_of
from api.services import Json
from domain.arrangements.limits import plan_limit
from domain.arrangements.policy import PlanNumbers, PlanRules
from domain.arrangements.proposing import NoPlan, Wishes, counts, propose
from domain.events.actions import PlanInstalment
from domain.events.ledger import Allocation
from domain.money import PositiveMoney

_EVERY = ("month", "fortnight", "week")
_COUNT_MAX = 120
#: What a limit of `NoPlan` counts, where it is not money.
_NO_MONEY = frozenset({"too_long", "gap_too_long"})
routes = web.RouteTableDef()


class _Planning:
    """What the visit may spread over instalments, and inside which bounds."""

    def __init__(self, visit: Visit, rules: PlanRules) -> None:
        self.visit, self.rules = visit, rules
        self.items = [one for one in visit.items if one.invoice_id not in visit.disputed]
        self.minor = sum(one.minor for one in self.items)

    @property
    def numbers(self) -> PlanNumbers:
        return self.rules.at(self.visit.today).plans

    @property
    def debt(self) -> PositiveMoney:
        return PositiveMoney(minor=self.minor, currency=self.visit.claims.currency)

    @property
    def possible(self) -> list[int]:
        """How many instalments may be chosen; none where no plan can be made now."""
        state = self.visit.state
        if not self.minor or state is None or plan_limit(state, self.rules, self.visit.today):
            return []
        return list(counts(self.debt, self.numbers))

    def show(
        self, *, status: int = 200, error: str = "", at_field: str = "", **more: Any
    ) -> web.Response:
        return self.visit.page(
            "pay_plan.html",
            status=status,
            error=error,
            at_field=at_field,
            possible=self.possible,
            asks_income=self.numbers.income_share_percent is not None,
            debt=self.visit.money(self.minor),
            kept=more.get("kept", {}),
            schedule=[part.model_dump(mode="json") for part in more.get("schedule", ())],
        )

    def proposed(self, fields: Mapping[str, str]) -> tuple[PlanInstalment, ...]:
        """The schedule of a form. Raises Slip, and NoPlan for what policy does not allow."""
        every = fields.get("every", "month")
        if every not in _EVERY:
            raise Slip("every", "choice")
        income = fields.get("income", "").strip()
        try:
            stated = minor_of(income, self.visit.claims.currency) if income else None
        except BadChoice:
            raise Slip("income", "amount") from None
        count = whole_of(fields, "count", 2, _COUNT_MAX)
        wishes = Wishes.model_validate({"count": count, "every": every, "income_minor": stated})
        return propose(self.debt, wishes, self.numbers, self.visit.today)


async def _planning(request: web.Request) -> _Planning | web.Response:
    visit = await opened(request)
    if not isinstance(visit, Visit):
        return visit
    return _Planning(visit, (await policy_in_force(visit.services.pool)).plans)


@routes.get("/pay/{token}/plan")
async def show(request: web.Request) -> web.Response:
    planning = await _planning(request)
    return planning.show() if isinstance(planning, _Planning) else planning


@routes.post("/pay/{token}/plan")
async def plan(request: web.Request) -> web.Response:
    """First the instalments are shown; agreed to, the first of them is paid."""
    planning = await _planning(request)
    if not isinstance(planning, _Planning):
        return planning
    fields = await form_of(request)
    kept, words = kept_of(fields), planning.visit.words
    if not planning.possible:
        return planning.show(status=409, error=words("own.plan.none"), kept=kept)
    try:
        schedule = planning.proposed(fields)
    except Slip as slip:
        said = words(f"own.error.{slip.reason}", **slip.values)
        return planning.show(status=422, error=said, at_field=slip.name, kept=kept)
    except NoPlan as no:
        return planning.show(status=422, error=_said(planning.visit, no), kept=kept)
    leads_to_provider(planning.visit)
    if fields.get("step") != "agree":
        return planning.show(kept=kept, schedule=schedule)
    if fields.get("debt") != str(planning.minor):  # paid or billed since it was shown
        error = words("own.plan.changed")
        return planning.show(status=409, error=error, kept=kept, schedule=schedule)
    try:
        address = await _begun(planning, schedule, kept.get("nonce", ""))
    except PspUnavailable:
        error = words("pay.error.psp")
        return planning.show(status=503, error=error, kept=kept, schedule=schedule)
    return web.Response(status=303, headers={"Location": address})


async def _begun(planning: _Planning, schedule: Sequence[PlanInstalment], nonce: str) -> str:
    """Orders the first instalment; gives the address of the provider's page."""
    visit, first = planning.visit, schedule[0].amount
    agreed: Json = {
        "currency": visit.claims.currency,
        "invoice_ids": [one.invoice_id for one in planning.items],
        "instalments": [part.model_dump(mode="json") for part in schedule],
    }
    parts = tuple(_for_items(planning.items, first.minor))
    chosen = orders.Chosen(visit.claims.customer_id, first, parts)
    mark = hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()[:16]
    reference = orders.reference_of(chosen, f"{nonce}\0plan\0{mark}")
    return await order(visit, reference, chosen, agreed)


def _for_items(items: Sequence[Open], minor: int) -> list[Allocation]:
    """The oldest due first, as far as the instalment goes."""
    found = []
    for one in sorted(items, key=lambda item: (item.due_on, item.invoice_id)):
        part = min(minor, one.minor)
        if part:
            money = PositiveMoney(minor=part, currency=one.currency)
            found.append(Allocation(invoice_id=one.invoice_id, amount=money))
        minor -= part
    return found


def _said(visit: Visit, no: NoPlan) -> str:
    """Why policy does not allow it, with the bound."""
    limit = str(no.limit)
    if no.reason not in _NO_MONEY:
        limit = Values(visit.language).money(visit.money(no.limit))
    return visit.words(f"own.plan.{no.reason}", limit=limit)
