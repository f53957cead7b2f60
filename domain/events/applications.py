"""Topic `applications`. What is missing in one is a matter for `rework`, not an error."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from domain.events.base import Country, Data, Day, Id, Instant, Text
from domain.events.customers import PersonName
from domain.money import Money


class Address(Data):
    street: Text | None = None
    number: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    country: Country | None = None


class Applicant(Data):
    name: PersonName | None = None
    birth_date: Day | None = None
    email: Text | None = None
    mobile: Text | None = None
    iban: Text | None = None
    address: Address | None = None


class Product(Data):
    code: Id
    kind: Literal["sim_only", "device", "energy", "bnpl"]
    monthly: Money | None = None
    term_months: Annotated[int, Field(ge=0, le=600)] | None = None
    device_credit: Money | None = None
    basket: Any | None = None


class Household(Data):
    composition: Literal["single", "single_with_children", "couple", "couple_with_children"]
    tenure: Literal["tenant", "owner"]
    net_income_monthly: Money
    housing_cost_monthly: Money
    other_loans_monthly: Money


class ApplicationSubmitted(Data):
    application_id: Id
    customer_id: Id | None = None
    applicant: Applicant
    channel: Id
    product: Product
    household: Household | None = None
    attributes: dict[str, Any] | None = None
    submitted_at: Instant


class ApplicationAmended(Data):
    """A merge patch (RFC 7396): the extra fields are the patch, so they are kept as they came."""

    model_config = Data.model_config | {"extra": "allow"}

    application_id: Id


class ApplicationWithdrawn(Data):
    application_id: Id
    withdrawn_at: Instant
