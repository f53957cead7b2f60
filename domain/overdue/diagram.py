"""The states of arrears as a picture, drawn from the rule set: what is shown is what holds.

States stand from mild to severe. Each may follow on any other, for they are recomputed from facts;
the arrows show the usual way down and the one way back, which is to pay.
"""

from __future__ import annotations

from decimal import Decimal
from html import escape

from babel.numbers import get_currency_precision

from domain.overdue.policy import Condition, OverdueRules, State

_WIDTH, _GAP, _PAD, _LINE = 190, 46, 16, 17
_TOP, _HEAD = 44, 30
#: Words of conditions and consequences, by language.
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "due": "{n} days after due",
        "end_of_month": "{n} days after month end",
        "last_reminder": "{n} days after reminder",
        "items": "{n} invoices open",
        "reminders": "{n} reminders sent",
        "or_more": "from {n}",
        "paid": "paid, credited or given up",
        "restricts": "restricts {n}",
        "sends": "sends {n}",
        "proposes": "proposes {n}",
        "title": "States of arrears",
    },
    "nl": {
        "due": "{n} dagen na vervaldatum",
        "end_of_month": "{n} dagen na maandeinde",
        "last_reminder": "{n} dagen na herinnering",
        "items": "{n} facturen open",
        "reminders": "{n} herinneringen",
        "or_more": "vanaf {n}",
        "paid": "betaald, gecrediteerd of opgegeven",
        "restricts": "beperkt {n}",
        "sends": "verstuurt {n}",
        "proposes": "stelt voor: {n}",
        "title": "Standen van de achterstand",
    },
    "de": {
        "due": "{n} Tage nach Fälligkeit",
        "end_of_month": "{n} Tage nach Monatsende",
        "last_reminder": "{n} Tage nach Erinnerung",
        "items": "{n} Rechnungen offen",
        "reminders": "{n} Erinnerungen",
        "or_more": "ab {n}",
        "paid": "bezahlt, gutgeschrieben oder aufgegeben",
        "restricts": "sperrt {n}",
        "sends": "versendet {n}",
        "proposes": "schlägt vor: {n}",
        "title": "Stufen des Rückstands",
    },
}


def svg(rules: OverdueRules, language: str = "en") -> str:
    """A standalone picture with a title and a text for those who can't see it."""
    words = _WORDS.get(language, _WORDS["en"])
    boxes: list[tuple[str, list[str]]] = [(_label(rules.clear_label, language), [])]
    boxes += [(_label(state.label, language), _lines(state, words)) for state in rules.states]
    deepest = max(len(lines) for _, lines in boxes)
    height = _HEAD + max(deepest, 1) * _LINE + _PAD
    width = len(boxes) * _WIDTH + (len(boxes) - 1) * _GAP + 2 * _PAD
    told = "; ".join(f"{label}: {', '.join(lines) or '-'}" for label, lines in boxes)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img"',
        f' viewBox="0 0 {width} {_TOP + height + _PAD}" aria-labelledby="d-title d-desc">',
        f'<title id="d-title">{escape(words["title"])}</title>',
        f'<desc id="d-desc">{escape(told)}</desc>',
        *(_box(place, label, lines, height) for place, (label, lines) in enumerate(boxes)),
        *(_arrow(place, height) for place in range(len(boxes) - 1)),
        _way_back(len(boxes), words["paid"]) if len(boxes) > 1 else "",
        "</svg>",
    ]
    return "".join(parts)


def _label(labels: dict[str, str], language: str) -> str:
    return labels.get(language) or labels.get("en") or next(iter(labels.values()), "?")


def _lines(state: State, words: dict[str, str]) -> list[str]:
    """What leads into the state, then what follows from it."""
    lines = _conditions(state.when, words)
    if state.services:
        lines.append(words["restricts"].format(n=", ".join(state.services)))
    if state.notices:
        lines.append(words["sends"].format(n=", ".join(state.notices)))
    if state.propose:
        lines.append(words["proposes"].format(n=state.propose.replace("_", " ")))
    return lines


def _conditions(when: Condition, words: dict[str, str]) -> list[str]:
    lines = []
    if when.days_min is not None:
        lines.append(words[when.since].format(n=when.days_min))
    if when.items_min is not None:
        lines.append(words["items"].format(n=when.items_min))
    if when.reminders_min is not None:
        lines.append(words["reminders"].format(n=when.reminders_min))
    for currency, minor in sorted(when.open_minor_min.items()):
        lines.append(words["or_more"].format(n=_amount(minor, currency)))
    named = (when.codes, when.flags, when.person_groups, when.brands, when.kinds)
    lines += [", ".join(sorted(values)) for values in named if values]
    lines += ["≠ " + ", ".join(sorted(when.without_flags))] if when.without_flags else []
    return lines


def _amount(minor: int, currency: str) -> str:
    places = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-places)} {currency}"


def _left(place: int) -> int:
    return _PAD + place * (_WIDTH + _GAP)


def _box(place: int, label: str, lines: list[str], height: int) -> str:
    left = _left(place)
    texts = [
        f'<text x="{left + 10}" y="{_TOP + _HEAD + 12 + row * _LINE}" class="diagram-line">'
        f"{escape(line)}</text>"
        for row, line in enumerate(lines)
    ]
    return (
        f'<rect x="{left}" y="{_TOP}" width="{_WIDTH}" height="{height}" rx="8" '
        f'class="diagram-box level-{min(place, 4)}"/>'
        f'<text x="{left + 10}" y="{_TOP + 21}" class="diagram-name">{escape(label)}</text>'
        + "".join(texts)
    )


def _arrow(place: int, height: int) -> str:
    start, end = _left(place) + _WIDTH + 4, _left(place + 1) - 4
    y = _TOP + height // 2
    return (
        f'<path d="M{start} {y}H{end - 8}" class="diagram-arrow"/>'
        f'<path d="M{end} {y}l-9 -5v10z" class="diagram-head"/>'
    )


def _way_back(boxes: int, words: str) -> str:
    start, end = _left(boxes - 1) + _WIDTH // 2, _left(0) + _WIDTH // 2
    return (
        f'<path d="M{start} {_TOP - 2}V22H{end}V{_TOP - 10}" class="diagram-arrow back"/>'
        f'<path d="M{end} {_TOP - 2}l-5 -9h10z" class="diagram-head"/>'
        f'<text x="{(start + end) // 2}" y="15" text-anchor="middle" class="diagram-line">'
        f"{escape(words)}</text>"
    )
