"""Sessions, roles, forms of other sites, and guessing."""

from __future__ import annotations

import hashlib

import pytest
from aiohttp import ClientSession

from api.security.users import FREE_FAILURES
from connectors.postgres.pool import Pool
from tests.contract.api.browser_like import csrf_of, get, log_in, post
from tests.contract.api.rig import PASSWORD, Rig, rigged


async def test_pages_lead_to_the_login_and_back(rig: Rig, client: ClientSession) -> None:
    async with client.get("/customers?debt=open", allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/login?next=/customers?debt%3Dopen"
    status, _, location = await log_in(client, target="/customers?debt=open")
    assert (status, location) == (303, "/customers?debt=open")
    assert (await get(client, "/customers?debt=open"))[0] == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_a_login_never_leads_to_another_site(
    rig: Rig, client: ClientSession, target: str
) -> None:
    assert (await log_in(client, target=target))[2] == "/"


async def test_the_session_ends_with_the_logout(rig: Rig, client: ClientSession) -> None:
    await log_in(client)
    _, page = await get(client, "/")
    kept = {cookie.key: cookie.value for cookie in client.cookie_jar}
    assert (await post(client, "/logout", [("csrf", csrf_of(page))]))[0] == 303
    async with ClientSession(base_url=rig.server.make_url("/"), cookies=kept) as thief:
        assert (await get(thief, "/"))[0] == 303
    hashed = hashlib.sha256(kept["dunnock_session"].encode()).digest()
    stored = "SELECT count(*) FROM sessions WHERE token_hash = $1"
    assert await rig.pool.fetchval(stored, hashed) == 0


async def test_cookies_are_kept_from_scripts_and_other_sites(
    rig: Rig, client: ClientSession
) -> None:
    await log_in(client)
    cookies = {cookie.key: cookie for cookie in client.cookie_jar}
    for name in ("dunnock_session", "dunnock_form"):
        assert cookies[name]["httponly"]
        assert cookies[name]["samesite"] == "Lax"


async def test_a_form_without_its_token_is_refused(rig: Rig, client: ClientSession) -> None:
    _, page = await get(client, "/login")
    fields = [("user", "admin"), ("password", PASSWORD)]
    assert (await post(client, "/login", fields))[0] == 403
    assert (await post(client, "/login", [*fields, ("csrf", "0" * 64)]))[0] == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    good = [*fields, ("csrf", csrf_of(page))]
    assert (await post(client, "/login", good, headers=foreign))[0] == 403
    before = csrf_of(page)
    assert (await post(client, "/login", good))[0] == 303
    # The token from before the login is worth nothing after it.
    assert (await post(client, "/logout", [("csrf", before)]))[0] == 403


async def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(
    rig: Rig, client: ClientSession
) -> None:
    for name in ("admin", "nobody"):
        for _ in range(FREE_FAILURES):
            assert (await log_in(client, name, "wrong"))[0] == 401
        assert (await log_in(client, name, PASSWORD))[0] == 429


async def test_roles_open_their_pages_only(pool: Pool) -> None:
    async with rigged(pool, roles=("policy", "operator")) as rig:
        for role, allowed, refused in [
            ("policy", "/decisions", "/customers"),
            ("operator", "/dead-letters", "/decisions"),
        ]:
            async with ClientSession(base_url=rig.server.make_url("/")) as client:
                # A cookie jar does not keep cookies of an IP address unless it is told to.
                client.cookie_jar._unsafe = True  # type: ignore[attr-defined]
                assert (await log_in(client, role))[0] == 303
                assert (await get(client, allowed))[0] == 200
                assert (await get(client, refused))[0] == 403


async def test_a_session_opens_the_api_with_its_role(rig: Rig, client: ClientSession) -> None:
    await log_in(client)
    assert (await get(client, "/api/v1/clock"))[0] == 200
    # A POST by cookie alone could come from another site.
    async with client.post("/api/v1/clock", json={"advance": "PT1H"}) as answer:
        assert answer.status == 403


async def test_every_answer_has_its_headers(rig: Rig, client: ClientSession) -> None:
    for path in ("/login", "/healthz", "/nothing", "/static/base.css"):
        async with client.get(path) as answer:
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
