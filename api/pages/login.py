"""Log in, log out, choose the language."""

from __future__ import annotations

from aiohttp import web

from api.pages.rendering import LANGUAGE_COOKIE, language_of, render
from api.request_keys import USER
from api.security import sessions
from api.security.access import form_of, staff_of, wall_clock
from api.security.users import TooManyFailures
from api.services import services
from api.texts import LANGUAGES, Translator
from runtime import metrics

_NAME_CHARACTERS_MAX = 100
_YEAR_S = 365 * 24 * 3600
routes = web.RouteTableDef()


def local_target(wanted: str) -> str:
    """A path of ours, or the start page: a login must not lead to another site."""
    inside = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if inside and wanted.isprintable() and len(wanted) < 1000 else "/"


def _redirect(target: str) -> web.Response:
    return web.Response(status=303, headers={"Location": target})


@routes.get("/login")
async def show(request: web.Request) -> web.Response:
    target = local_target(request.query.get("next", "/"))
    if await staff_of(request) is not None:
        return _redirect(target)
    return render(request, "login.html", target=target, name="", error="")


@routes.post("/login")
async def log_in(request: web.Request) -> web.Response:
    fields = await form_of(request)
    request[USER] = None
    name, target = fields.get("user", "").strip(), local_target(fields.get("next", "/"))
    now = wall_clock()
    words = Translator(language_of(request))
    try:
        known = 0 < len(name) <= _NAME_CHARACTERS_MAX and "\0" not in name
        password = fields.get("password", "")
        user = await services(request).users.check(name, password, now) if known else None
    except TooManyFailures as pause:
        metrics.LOGINS.labels("paused").inc()
        seconds = int((pause.until - now).total_seconds()) + 1
        said = words("login.paused", seconds=seconds)
        page = render(request, "login.html", status=429, target=target, name=name, error=said)
        page.headers["Retry-After"] = str(seconds)
        return page
    if user is None:
        metrics.LOGINS.labels("refused").inc()
        said = words("login.wrong")
        return render(request, "login.html", status=401, target=target, name=name, error=said)
    metrics.LOGINS.labels("accepted").inc()
    token = await services(request).sessions.open(user, now)
    response = _redirect(target)
    _set(request, response, sessions.COOKIE, token, int(sessions.LONGEST.total_seconds()))
    return response


@routes.post("/logout")
async def log_out(request: web.Request) -> web.Response:
    await form_of(request)
    await services(request).sessions.close(request.cookies.get(sessions.COOKIE, ""))
    response = _redirect("/login")
    response.del_cookie(sessions.COOKIE, path="/")
    return response


@routes.post("/language")
async def choose_language(request: web.Request) -> web.Response:
    fields = await form_of(request)
    response = _redirect(local_target(fields.get("next", "/")))
    if fields.get("language") in LANGUAGES:
        _set(request, response, LANGUAGE_COOKIE, fields["language"], _YEAR_S)
    return response


def _set(
    request: web.Request, response: web.Response, name: str, value: str, max_age_s: int
) -> None:
    secure = services(request).settings.public_url.startswith("https:")
    response.set_cookie(
        name, value, max_age=max_age_s, httponly=True, samesite="Lax", secure=secure, path="/"
    )
