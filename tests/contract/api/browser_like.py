"""What a browser without JavaScript does: reads a form's hidden fields and sends them back."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import ClientSession

from tests.contract.api.rig import PASSWORD

_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_NONCE = re.compile(r'name="nonce" value="([^"]+)"')


async def get(client: ClientSession, path: str, **more: Any) -> tuple[int, str]:
    async with client.get(path, allow_redirects=False, **more) as answer:
        return answer.status, await answer.text()


def csrf_of(page: str) -> str:
    found = _CSRF.search(page)
    assert found, "the page has no form"
    return found[1]


def nonce_of(page: str) -> str:
    found = _NONCE.search(page)
    assert found, "the page has no payment form"
    return found[1]


async def post(
    client: ClientSession, path: str, fields: list[tuple[str, str]], **more: Any
) -> tuple[int, str, str]:
    """Status, text and Location."""
    async with client.post(path, data=fields, allow_redirects=False, **more) as answer:
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def log_in(
    client: ClientSession, user: str = "admin", password: str = PASSWORD, target: str = "/"
) -> tuple[int, str, str]:
    _, page = await get(client, "/login")
    fields = [("user", user), ("password", password), ("next", target), ("csrf", csrf_of(page))]
    return await post(client, "/login", fields)
