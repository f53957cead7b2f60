"""One visit behind a payment link: whose it is, what is open, which language they read."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from aiohttp import web

from api.pages.rendering import LANGUAGE_COOKIE, language_of, render
from api.pay import orders
from api.pay.choice import Open, open_in
from api.services import Json, Services, services
from api.texts import LANGUAGES, Translator, best_language
from domain.arrangements.pauses import today_of
from domain.collections.links import BadLink, LinkClaims, verify
from domain.collections.state import CustomerState
from domain.collections.view import customer_view

_TOKEN_CHARACTERS_MAX = 2000


class Visit:
    """What every page behind the link knows. `state` None: nobody has the id (any more)."""

    def __init__(
        self,
        request: web.Request,
        claims: LinkClaims,
        state: CustomerState | None,
        view: Json,
        now: datetime,
    ) -> None:
        self.request, self.claims, self.state, self.view = request, claims, state, view
        self.now, self.token = now, request.match_info["token"]
        self.items: list[Open] = open_in(view, claims.currency)
        profile = view.get("profile") or {}
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        known = best_language(str(profile.get("language") or ""), default=language_of(request))
        self.language = chosen if chosen in LANGUAGES else known
        self.zone = str(profile.get("timezone") or "UTC")
        self.words = Translator(self.language)

    @property
    def services(self) -> Services:
        return services(self.request)

    @property
    def today(self) -> date:
        """The date where the customer lives."""
        return self.now.date() if self.state is None else today_of(self.state, self.now)

    @property
    def total(self) -> Json:
        """What is open in the link's currency."""
        return self.money(sum(one.minor for one in self.items))

    def money(self, minor: int) -> Json:
        """An amount in the link's currency."""
        return {"minor": minor, "currency": self.claims.currency}

    @property
    def disputed(self) -> set[str]:
        """Open items that the customer disputes and nobody has answered."""
        found: set[str] = set()
        for one in self.view.get("disputes", ()):
            if one["state"] == "open":
                found.update(one.get("invoice_ids") or (item.invoice_id for item in self.items))
        return found

    def running(self, kind: str) -> list[Json]:
        """Agreements of a kind (`plans`, `promises`) that run now, in the link's currency."""
        return [
            one
            for one in self.view.get(kind, ())
            if one["state"] in {"running", "late"}
            and self.claims.currency in {one.get("currency"), one.get("amount", {}).get("currency")}
        ]

    def has_booked(self, payment_id: str) -> bool:
        """Whether what is shown as open already counts the payment."""
        return any(one["payment_id"] == payment_id for one in self.view.get("payments", ()))

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """The page in the customer's language, with what every one of them shows."""
        kept = values.pop("kept", {})
        return render(
            self.request,
            template,
            status=status,
            language=self.language,
            zone=self.zone,
            token=self.token,
            items=self.items,
            total=self.total,
            as_of=self.view.get("as_of"),
            plans=self.running("plans"),
            promises=self.running("promises"),
            paused=self.view.get("paused"),
            disputed=self.disputed,
            kept=kept,
            nonce=kept.get("nonce") or secrets.token_urlsafe(12),
            **values,
        )


def claims_of(request: web.Request, now: datetime) -> LinkClaims:
    """What the link entitles to. Raises BadLink."""
    token = request.match_info["token"]
    if len(token) > _TOKEN_CHARACTERS_MAX:
        raise BadLink("forged")
    return verify(services(request).settings.secret, token, now)


async def opened(request: web.Request, *, after_use: bool = False) -> Visit | web.Response:
    """The visit, or the page that says why the link does not open.

    A link for one payment is used up by it: only who comes back from paying still sees it.
    """
    wanted, now = services(request), await services(request).now()
    try:
        claims = claims_of(request, now)
        is_spent = claims.single_use and await orders.is_used(wanted.pool, claims.message_id)
        if is_spent and not after_use:
            raise BadLink("used", claims)
    except BadLink as bad:
        status = 404 if bad.claims is None else 410
        token = request.match_info["token"] if bad.claims is not None else ""
        return render(request, "pay_closed.html", status=status, why=bad.reason, token=token)
    found = await wanted.rows.get("customer_history", claims.customer_id)
    if found is None:
        return Visit(request, claims, None, {}, now)
    state = CustomerState.model_validate(found.row)
    view = {**customer_view(state, now), "as_of": found.as_of}
    return Visit(request, claims, state, view, now)
