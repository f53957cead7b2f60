"""Who is asking: the API key, a session, or nobody; and the guards that routes are wrapped in."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from api.problems import Problem
from api.request_keys import USER
from api.security import csrf, sessions
from api.security.roles import Area, may_open
from api.security.users import User
from api.services import services
from runtime.clock import utc_now

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Sessions end by the real time, also where the business clock is simulated.
API_CLIENT = User("api", "admin")
_BEARER = "Bearer "


class LoginNeeded(Exception):
    """The page is for staff: show the login form."""


def wall_clock() -> datetime:
    """The time by which sessions and pauses end."""
    return utc_now()


async def staff_of(request: web.Request) -> User | None:
    """The user of the session cookie; looked up once for a request."""
    if USER not in request:
        token = request.cookies.get(sessions.COOKIE, "")
        found = await services(request).sessions.user_of(token, wall_clock()) if token else None
        request[USER] = found
    return request[USER]


def machine(area: Area) -> Callable[[Handler], Handler]:
    """For the REST API: the API key, or a session whose role may open the area."""

    def wrap(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            user = await _machine_user(request)
            if not may_open(user.role, area):
                raise Problem(403, "forbidden", f"The role {user.role} may not open this.")
            request[USER] = user
            return await handler(request)

        return guarded

    return wrap


async def _machine_user(request: web.Request) -> User:
    given = request.headers.get("Authorization", "")
    if given:
        expected = services(request).settings.api_key
        key = given[len(_BEARER) :].strip() if given.startswith(_BEARER) else ""
        if key and hmac.compare_digest(key.encode(), expected.encode()):
            return API_CLIENT
    elif (user := await staff_of(request)) is not None:
        if request.method != "GET":
            check_form(request, request.headers.get(csrf.HEADER, ""))
        return user
    raise Problem(
        401,
        "unauthorized",
        "Send the API key as a bearer token.",
        {"WWW-Authenticate": 'Bearer realm="dunnock"'},
    )


def staff(area: Area) -> Callable[[Handler], Handler]:
    """For pages: a session whose role may open the area; nobody is sent to the login."""

    def wrap(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            user = await staff_of(request)
            if user is None:
                raise LoginNeeded
            if not may_open(user.role, area):
                raise Problem(403, "forbidden", f"The role {user.role} may not open this page.")
            return await handler(request)

        return guarded

    return wrap


def check_form(request: web.Request, given: str) -> None:
    """Every POST of a browser passes here. Raises Problem 403 for a foreign or stale form."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    seed = request.cookies.get(csrf.COOKIE, "")
    session = request.cookies.get(sessions.COOKIE, "")
    secret = services(request).settings.secret
    if site not in ("same-origin", "none") or not csrf.is_valid(secret, seed, session, given):
        raise Problem(403, "stale-form", "The form is too old. Load the page again and retry.")


async def form_of(request: web.Request) -> dict[str, str]:
    """The text fields of a checked form."""
    fields = await request.post()
    # Nothing of ours can store U+0000, and no person types it.
    values = {
        name: value.replace("\0", "") for name, value in fields.items() if isinstance(value, str)
    }
    check_form(request, values.get(csrf.FIELD, ""))
    return values
