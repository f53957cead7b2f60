"""What the pages of rule sets share: names, and refusals told on a page of their own."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from aiohttp import web

from api.pages.rendering import Values, language_of
from api.problems import Problem
from api.rule_sets.refusals import status_of, words_of
from api.texts import Translator
from connectors.postgres.rule_sets import Refused

Handler = Callable[[web.Request], Awaitable[web.Response]]


def name_of(language: str) -> Callable[[str], str]:
    """Rule sets by what people call them; one without a name is called by its id."""
    words = Translator(language)
    return lambda rule_set: words.get(f"rules.name.{rule_set}", rule_set)


def told(request: web.Request, refused: Refused) -> str:
    """A refusal in the reader's words, with who and when."""
    language = language_of(request)
    at = Values(language).moment(refused.at) if refused.at else ""
    return words_of(refused, Translator(language), at)


def answered(handler: Handler) -> Handler:
    """Where nothing else is done with it, a refusal is the error page: its status and its words."""

    @functools.wraps(handler)
    async def tried(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Refused as refused:
            code = refused.code.replace("_", "-")
            raise Problem(status_of(refused), code, told(request, refused)) from None

    return tried
