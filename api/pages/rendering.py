"""From a template to an answer: the environment, what every page gets, and how values look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from api.request_keys import FORM_SEED, USER
from api.security import csrf, sessions
from api.security.roles import may_open
from api.services import services
from api.texts import LANGUAGES, Translator, best_language

_TEMPLATES = Path(__file__).parent.parent / "templates"
LANGUAGE_COOKIE = "dunnock_language"
_LOCALES = {"en": "en_GB", "nl": "nl_NL", "de": "de_DE"}


def environment() -> Environment:
    """Missing values are errors, and everything is escaped."""
    env = SandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["urlencode_path"] = lambda value: quote(str(value), safe="")
    return env


def money_text(money: dict[str, Any], locale: str) -> str:
    """`{"minor": 4999, "currency": "EUR"}` as people of the locale write it."""
    # A decimal string, not a float: babel takes it exactly.
    precision = get_currency_precision(money["currency"])
    digits = str(abs(int(money["minor"]))).rjust(precision + 1, "0")
    whole, cents = (digits[:-precision], digits[-precision:]) if precision else (digits, "0")
    sign = "-" if int(money["minor"]) < 0 else ""
    amount = Decimal(f"{sign}{whole}.{cents}")
    return str(format_currency(amount, money["currency"], locale=locale))


class Values:
    """How one reader wants to see values; the methods are the filters of the templates."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.locale, self.zone = _LOCALES[language], ZoneInfo(zone)

    def money(self, value: dict[str, Any] | None) -> str:
        return "–" if value is None else money_text(value, self.locale)

    def monies(self, value: list[dict[str, Any]] | dict[str, Any] | None) -> str:
        """One amount or several, each in its currency."""
        if isinstance(value, dict):
            return self.money(value)
        return " + ".join(self.money(one) for one in value) if value else "–"

    def number(self, value: float | None) -> str:
        return "–" if value is None else str(format_decimal(value, locale=self.locale))

    def day(self, value: date | str | None) -> str:
        if value is None:
            return "–"
        found = date.fromisoformat(value) if isinstance(value, str) else value
        return str(format_date(found, "medium", locale=self.locale))

    def moment(self, value: datetime | str | None) -> str:
        if not value:
            return "–"
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        local = found.astimezone(self.zone)
        return str(format_datetime(local, "d MMM y HH:mm:ss", locale=self.locale))

    def iso(self, value: datetime | str) -> str:
        return value if isinstance(value, str) else value.astimezone(UTC).isoformat()


def language_of(request: web.Request) -> str:
    """The reader's choice (cookie), else the browser's, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return best_language(request.headers.get("Accept-Language", ""))


def form_token(request: web.Request) -> str:
    """The field of this page's forms; the middleware sets the cookie that belongs to it."""
    seed = request.get(FORM_SEED) or request.cookies.get(csrf.COOKIE) or csrf.new_seed()
    request[FORM_SEED] = seed
    session = request.cookies.get(sessions.COOKIE, "")
    return csrf.token_for(services(request).settings.secret, seed, session)


def render(
    request: web.Request,
    template: str,
    *,
    status: int = 200,
    language: str | None = None,
    zone: str = "UTC",
    **values: Any,
) -> web.Response:
    """The page. Templates get: t, v (Values), language, user, may_open, path, form_token."""
    user = request.get(USER)
    spoken = language or language_of(request)
    may: Callable[[Any], bool] = lambda area: user is not None and may_open(user.role, area)  # noqa: E731
    body = (
        services(request)
        .templates.get_template(template)
        .render(
            t=Translator(spoken),
            v=Values(spoken, zone),
            language=spoken,
            languages=LANGUAGES,
            user=user,
            may_open=may,
            path=request.path,
            here=str(request.rel_url),
            form_token=lambda: form_token(request),
            simulated=services(request).clock is not None,
            **values,
        )
    )
    return web.Response(status=status, text=body, content_type="text/html", charset="utf-8")
