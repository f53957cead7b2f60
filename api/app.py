"""Puts the routes together. Everything a handler needs comes in by `Services`."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from api.machine import actions, clock, documents, health, rows, rule_sets
from api.machine import bank_files as bank_files_for_machines
from api.middleware import answer
from api.pages import (
    applications,
    approvals,
    bank_files,
    cases,
    customer_actions,
    customers,
    dead_letters,
    decisions,
    given_up,
    home,
    login,
    messages,
    not_sent,
    rule_drafts,
    rule_editing,
    rule_previews,
    rules,
)
from api.pay import own_rules, page, pause, plan, promise, renewal, webhook
from api.post import webhook as post
from api.services import SERVICES, Services

_STATIC = Path(__file__).parent / "static"
#: No form and no event of ours is larger.
_BODY_BYTES_MAX = 256 * 1024


def build_app(services: Services) -> web.Application:
    """The whole web process as an aiohttp application."""
    app = web.Application(middlewares=[answer], client_max_size=_BODY_BYTES_MAX)
    app[SERVICES] = services
    for part in (health, documents, rows, clock, login, home, customers, decisions):
        app.add_routes(part.routes)
    for part in (applications, messages, not_sent, dead_letters, cases, page, webhook):
        app.add_routes(part.routes)
    for part in (plan, promise, pause, own_rules, actions):
        app.add_routes(part.routes)
    for part in (customer_actions, approvals, given_up):
        app.add_routes(part.routes)
    app.add_routes(post.routes)
    app.add_routes(renewal.routes)
    for part in (bank_files_for_machines, bank_files):
        app.add_routes(part.routes)
    for part in (rule_sets, rules, rule_drafts, rule_editing, rule_previews):
        app.add_routes(part.routes)
    app.router.add_static("/static", _STATIC, name="static")
    return app
