"""Which agents a worker runs, over which topics and tables."""

from __future__ import annotations

from agents import request_checks
from agents.collect_debts import CollectDebts
from agents.current_rules import CurrentRules
from agents.decide_applications import DecideApplications
from agents.keep_policies import CurrentPolicy, KeepPolicies
from agents.parts import Part, PartsLogic
from agents.request_checks import BureauDesk
from domain.collections.policy import load_policy
from runtime.settings import Settings
from streams.agents import io_agent, stateful_agent
from streams.app import DunnockApp

#: Tables that each agent writes. All lie in the partition of the event.
TABLES = (
    "customer_history",
    "fee_status",
    "applications",
    "decisions",
    "cases",
    "policies",
    "timers",
    "engine",
)


def parts(settings: Settings) -> tuple[Part, ...]:
    """The parts of the business, configured."""
    link_base = f"{settings.public_url.rstrip('/')}/pay"
    collections_policy = load_policy(link_base, settings.secret, settings.link_days)
    return (
        CollectDebts(CurrentRules(collections_policy)),
        DecideApplications(CurrentPolicy()),
        KeepPolicies(),
    )


def register(app: DunnockApp, settings: Settings) -> None:
    """Register every agent. All stateful ones share the lane of a partition, so one logic."""
    business = parts(settings)
    logic = PartsLogic(business)
    for part in business:
        stateful_agent(app, part.name, part.topics, TABLES, logic)
    desk = BureauDesk(settings)
    app.service(desk.service)
    io_agent(app, "request_checks", request_checks.TOPIC, desk.answer)
