"""Around every request: metrics, headers, and errors as documents or pages."""

from __future__ import annotations

import time

from aiohttp import web
from yarl import URL

from api.pages.rendering import render
from api.problems import Problem, response_of
from api.request_keys import FORM_SEED, FORM_TARGETS, USER
from api.security import csrf
from api.security.access import Handler, LoginNeeded, staff_of
from api.security.headers import set_headers
from api.services import services
from connectors.log_client import LogUnavailable
from connectors.postgres.pool import LOST
from runtime import metrics
from runtime.logs import logger
from tables.live_rows import OwnerUnavailable

_log = logger(__name__)


def is_for_machines(request: web.Request) -> bool:
    """Whether an error is told as a problem document."""
    return request.path.startswith(("/api/", "/psp/", "/post/")) or request.path.endswith(".json")


@web.middleware
async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost layer: nothing leaves without its headers, and every answer is counted."""
    started = time.perf_counter()
    response = await _answer(request, handler)
    route = _route_of(request)
    metrics.HTTP_REQUESTS.labels(route, request.method, str(response.status)).inc()
    metrics.HTTP_SECONDS.labels(route).observe(time.perf_counter() - started)
    if not response.prepared:
        _finish(request, response)
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except LoginNeeded:
        return _to_login(request)
    except Problem as problem:
        return await _told(request, problem)
    except (OwnerUnavailable, LogUnavailable) as error:
        return await _told(request, _away(str(error)))
    except web.HTTPException as error:
        return error if error.status < 400 else await _told(request, _problem_of(error))
    except LOST:
        _log.warning("the database does not answer", exc_info=True)
        return await _told(request, _away("The database does not answer."))
    except Exception:  # noqa: BLE001 - the last resort: log it, tell nothing of it
        _log.exception("a request failed", route=_route_of(request))
        return await _told(request, Problem(500, "internal", "Something went wrong on our side."))


def _problem_of(error: web.HTTPException) -> Problem:
    detail = error.reason or "The request cannot be answered."
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    code = "not-found" if error.status == 404 else "bad-request"
    return Problem(error.status, code, detail, headers)


def _away(detail: str) -> Problem:
    return Problem(503, "unavailable", detail, {"Retry-After": "2"})


def _to_login(request: web.Request) -> web.Response:
    if request.headers.get("HX-Request"):  # a fragment must not become the login form
        return web.Response(status=401, headers={"HX-Redirect": "/login"})
    target = str(request.rel_url) if request.method == "GET" else "/"
    location = URL("/login").with_query({} if target == "/" else {"next": target})
    return web.Response(status=303, headers={"Location": str(location)})


async def _told(request: web.Request, problem: Problem) -> web.Response:
    if is_for_machines(request):
        return response_of(problem, request.path)
    try:
        await staff_of(request)
    except LOST:
        request[USER] = None
    response = render(request, "error.html", status=problem.status, problem=problem)
    response.headers.update(problem.headers)
    return response


def _route_of(request: web.Request) -> str:
    """The pattern, never the path: ids and payment links stay out of metrics and logs."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def _finish(request: web.Request, response: web.StreamResponse) -> None:
    settings = services(request).settings
    keep = request.path.startswith("/static/") and response.status in (200, 304)
    psp = request.get(FORM_TARGETS, "")
    set_headers(response, psp, keep=keep)
    seed = request.get(FORM_SEED)
    if seed and seed != request.cookies.get(csrf.COOKIE):
        response.set_cookie(
            csrf.COOKIE,
            seed,
            httponly=True,
            samesite="Lax",
            secure=settings.public_url.startswith("https:"),
            path="/",
        )
