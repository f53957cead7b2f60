"""What the handlers need of the world, put together once in `dunnock/web.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from aiohttp import web
from jinja2 import Environment

from api.machine.advance import Advance
from api.pay.psp import Psp
from api.ports import Log, Rows, Statuses
from api.rule_sets.counting import Batches, in_thread
from api.security.sessions import Sessions
from api.security.users import Users
from connectors.postgres.action_requests import ActionRequests
from connectors.simulated_clock import SimulatedClockRow
from runtime.settings import Settings

Now = Callable[[], Awaitable[datetime]]


@dataclass(frozen=True, slots=True)
class Clock:
    """The simulated clock and how to move it."""

    row: SimulatedClockRow
    advance: Advance


@dataclass(frozen=True, slots=True)
class Services:
    """Everything, in one object: see the types."""

    settings: Settings
    pool: asyncpg.Pool
    rows: Rows
    statuses: Statuses
    log: Log
    psp: Psp
    users: Users
    sessions: Sessions
    action_requests: ActionRequests
    templates: Environment
    #: The business time: simulated where the clock is.
    now: Now
    #: None with the real clock.
    clock: Clock | None
    #: Named conditions of readiness, asked at each request.
    conditions: Callable[[], Awaitable[dict[str, bool]]]
    #: Counts what a draft of a rule set would mean.
    counting: Batches = in_thread


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def services(request: web.Request) -> Services:
    """The services of the application that answers."""
    return request.app[SERVICES]


Json = dict[str, Any]
