"""A template as its readers get it: by language, channel and brand, with its length as SMS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal, get_args

from aiohttp import web
from babel import Locale

from api.machine.rule_sets import desk_of
from api.pages.rendering import language_of, render
from api.pages.rule_words import name_of
from api.problems import Problem, not_found
from api.rule_sets.present import all_in_force, rules_of
from api.security.access import staff
from api.services import services
from domain.events.base import Channel
from domain.money import Money
from domain.policy.ruleset import RuleSet
from domain.templates import formats
from domain.templates.kinds import KINDS, MEDIA, REMINDER
from domain.templates.legal import LegalTexts
from domain.templates.rendering import Addressee, Draft, Item, NoTemplate, Rendered, Writer
from domain.templates.sms import sms_length
from domain.templates.texts import Texts

_COUNTRIES = ("NL", "DE", "GB", "US")
_LINK = "https://pay.example/p/k3Zr9QwT5uX1vB7n"
_OUR_BRAND = "Dunnock"
_MONEY_NAMES = ("fee", "total", "paid", "rest", "sum", "returned", "to_collect")
_DAY_NAMES = ("collect_on", "day", "until", "by")
_STEP_DIGITS_MAX = 2
routes = web.RouteTableDef()


@routes.get("/rules/templates/preview")
@staff("rules")
async def show(request: web.Request) -> web.Response:
    wanted = services(request)
    draft = request.query.get("draft", "")
    texts, legal = await _texts(request, draft)
    today = (await wanted.now()).date()
    chosen = _chosen(request.query, texts)
    rendered, lacking = _written(Writer(texts, legal), chosen, today)
    length = sms_length(rendered.body) if rendered and chosen["channel"] == "sms" else None
    return render(
        request,
        "rule_preview.html",
        chosen=chosen,
        choices={
            "language": sorted(texts.languages),
            "country": _COUNTRIES,
            "channel": tuple(MEDIA),
            "brand": (_OUR_BRAND, *sorted(texts.brands)),
            "kind": tuple(KINDS),
        },
        draft=draft,
        rendered=rendered,
        lacking=lacking,
        length=length,
        version=texts.version,
        name_of=name_of(language_of(request)),
        as_of=await wanted.now(),
    )


async def _texts(request: web.Request, draft: str) -> tuple[Texts, LegalTexts]:
    """Those in force, or a draft's in their place."""
    wanted = services(request)
    found: dict[str, RuleSet] = {
        name: one.rules for name, one in (await all_in_force(wanted.pool)).items()
    }
    if draft:
        if not draft.isascii() or not draft.isdigit() or len(draft) > 18:
            raise not_found("version")
        one = await desk_of(wanted).version("templates", int(draft))
        rules = rules_of(one)
        if rules is None:
            raise Problem(409, "not-sound", "This draft has faults: there is nothing to show.")
        found["templates"] = rules
    texts, legal = found["templates"], found["legal-texts"]
    if not isinstance(texts, Texts) or not isinstance(legal, LegalTexts):
        raise not_found("rule set")
    return texts, legal


def _chosen(query: Mapping[str, str], texts: Texts) -> dict[str, str]:
    """What the address asks for; what there is not is refused, not replaced."""
    allowed = {
        "language": set(texts.languages),
        "country": set(_COUNTRIES),
        "channel": set(MEDIA),
        "brand": {_OUR_BRAND, *texts.brands},
        "kind": set(KINDS),
    }
    usual = {"language": "en", "country": "NL", "channel": "sms", "brand": _OUR_BRAND}
    chosen = {name: query.get(name) or usual.get(name, REMINDER) for name in allowed}
    for name, value in chosen.items():
        if value not in allowed[name]:
            raise Problem(
                400, "bad-filter", f"{name} is one of {', '.join(sorted(allowed[name]))}."
            )
    step = query.get("step", "1")
    # The length first: Python refuses to read thousands of digits.
    if not step.isascii() or not step.isdigit() or len(step) > _STEP_DIGITS_MAX or int(step) < 1:
        raise Problem(400, "bad-filter", "A step is a number from 1.")
    return {**chosen, "step": step}


def _written(
    writer: Writer, chosen: Mapping[str, str], today: dt.date
) -> tuple[Rendered | None, str]:
    """The message, or what is lacking for it."""
    to = Addressee(
        name="Eva Jansen",
        language=chosen["language"],
        country=chosen["country"],
        brand=chosen["brand"],
    )
    channel = next(one for one in get_args(Channel) if one == chosen["channel"])
    try:
        return writer.write(to, channel, _example(chosen, today)), ""
    except NoTemplate as none:
        return None, str(none)


def _example(chosen: Mapping[str, str], today: dt.date) -> Draft:
    """Believable values for every word that a template of the kind may name."""
    locale = formats.locale_of(chosen["language"], chosen["country"])
    kind, currency = chosen["kind"], "GBP" if chosen["country"] == "GB" else "EUR"
    currency = "USD" if chosen["country"] == "US" else currency
    money = formats.money(Money(minor=4000, currency=currency), locale)
    due = today - dt.timedelta(days=14)
    items = [
        Item(invoice_id=name, open=Money(minor=minor, currency=currency), due_on=due)
        for name, minor in (("2026-0417", 4999), ("2026-0533", 2750))
    ]
    purpose: Literal["service", "collection"] = "service" if "thanks" in kind else "collection"
    return Draft(
        kind=kind,
        today=today,
        purpose=purpose,
        step=int(chosen["step"]) if kind == REMINDER else None,
        items=items,
        amount=Money(minor=7749, currency=currency),
        paid=Money(minor=4999, currency=currency),
        link=_LINK,
        values={
            name: _word(name, money, locale, today) for name in KINDS[kind].values if name != "paid"
        },
    )


def _word(name: str, money: str, locale: Locale, today: dt.date) -> str:
    if name in _MONEY_NAMES:
        return money
    if name in _DAY_NAMES or name.endswith("_on"):
        return formats.date(today + dt.timedelta(days=14), locale)
    if name == "schedule":
        day = formats.date(today + dt.timedelta(days=30), locale)
        return f"{day}: {money}"
    return "3" if name in {"number", "of", "days"} else f"{name.upper()}-7"
