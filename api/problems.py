"""Errors as RFC 9457 problem documents. Nothing of an internal error reaches the outside."""

from __future__ import annotations

import json
from http import HTTPStatus

from aiohttp import web

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request with a problem document. `detail` is for people and holds no secrets."""

    def __init__(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers = headers or {}


def response_of(problem: Problem, instance: str) -> web.Response:
    """The document; `type` is a relative reference that stays the same for one kind of problem."""
    body = {
        "type": f"/problems/{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    return web.Response(
        status=problem.status,
        text=json.dumps(body),
        content_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def not_found(what: str) -> Problem:
    """Nobody has the id."""
    return Problem(404, "not-found", f"There is no such {what}.")


def unavailable(detail: str, retry_after_s: int = 2) -> Problem:
    """Something we need is away for a moment: the caller may come back after the given seconds."""
    return Problem(503, "unavailable", detail, {"Retry-After": str(retry_after_s)})
