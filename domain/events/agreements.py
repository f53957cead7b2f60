"""What becomes of agreements: the topic `arrangements`, for everybody who follows a customer."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import AwareDatetime

from domain.events.base import Data, Id
from domain.money import Money, PositiveMoney


class PromiseChanged(Data):
    """A promise to pay was kept or broken, or ended with debts that were given up (`withdrawn`).

    `received`: settled money for it since it was made.
    """

    promise_id: Id
    customer_id: Id
    state: Literal["kept", "broken", "withdrawn"]
    because: Literal["paid", "nothing_open", "not_paid", "given_up"]
    amount: PositiveMoney
    received: Money
    due_on: dt.date
    invoice_ids: tuple[str, ...] | None = None
    at: AwareDatetime


class PlanChanged(Data):
    """A plan fell behind, caught up, was paid to its end, broke or was ended."""

    plan_id: Id
    customer_id: Id
    state: Literal["late", "running", "completed", "broken", "cancelled"]
    because: Literal[
        "missed", "caught_up", "paid", "nothing_open", "not_cured", "cancelled", "given_up"
    ]
    invoice_ids: tuple[str, ...]
    total: Money
    paid: Money
    missed: int
    at: AwareDatetime


class PauseChanged(Data):
    """All clocks of a customer stand still from a day on, or go on; `days` were paused."""

    customer_id: Id
    since: dt.date
    days: int = 0
    at: AwareDatetime


AGREEMENTS: dict[str, type[Data]] = {
    "promise.kept.v1": PromiseChanged,
    "promise.broken.v1": PromiseChanged,
    "promise.ended.v1": PromiseChanged,
    "plan.late.v1": PlanChanged,
    "plan.cured.v1": PlanChanged,
    "plan.completed.v1": PlanChanged,
    "plan.broken.v1": PlanChanged,
    "plan.ended.v1": PlanChanged,
    "pause.begun.v1": PauseChanged,
    "pause.ended.v1": PauseChanged,
}
