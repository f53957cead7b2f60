"""Rule sets on the whole stack: two people put a change live, every worker has it in seconds."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from aiohttp import ClientSession, CookieJar

from streams.core.partitioner import partition_of
from tests.integration.outside.outsider import Outsider, until
from tests.integration.outside.test_contract import fall_behind, texts

ROOT = "/api/v1/rule-sets/templates"
IN_FORCE_S_MAX = 5.0
PARTITIONS = 4
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


async def by_login(outsider: Outsider, user: str, path: str, body: dict[str, Any]) -> Any:
    """What a login does: what the API key wrote takes two of them."""
    login = next(one for one in outsider.info["logins"] if one["user"] == user)
    web = outsider.info["web"]
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        token = _CSRF.search(await (await session.get(f"{web}/login")).text())
        assert token is not None
        fields = {"user": login["user"], "password": login["password"], "csrf": token[1]}
        await session.post(f"{web}/login", data=fields)
        token = _CSRF.search(await (await session.get(f"{web}/")).text())
        assert token is not None
        async with session.post(web + path, json=body, headers={"X-CSRF-Token": token[1]}) as done:
            assert done.status == 200, await done.text()
            return await done.json()


def reminded(outsider: Outsider, start: int) -> list[str]:
    """The first reminder of somebody new in every partition."""
    bodies = []
    for partition in range(PARTITIONS):
        name = f"c-{uuid.uuid4().hex[:10]}"
        while partition_of(name.encode(), PARTITIONS) != partition:
            name = f"c-{uuid.uuid4().hex[:10]}"
        mobile = f"+31600{start + partition:06d}"
        fall_behind(outsider, name, mobile, language="en")
        bodies.append(texts(outsider, mobile, 1)[0]["body"])
    return bodies


async def test_a_change_by_two_people_is_in_force_on_every_worker(outsider: Outsider) -> None:
    document = outsider.api(ROOT)["document"]
    first = document["languages"]["en"]["reminders"]["1"]
    first["short"] = f"NEW WORDS {first['short']}"
    made = outsider.api(f"{ROOT}/drafts", {"document": document, "note": "from outside"})
    place = f"{ROOT}/drafts/{made['draft']}"
    report = outsider.api(f"{place}/check", {})["report"]
    assert report["faults"] == report["refusals"] == []
    outsider.api(f"{place}/submit", {"acknowledged": True, "confirmed": report["confirm"]})
    assert outsider.status(f"{place}/approve", {"comment": "my own"}) == 403
    assert outsider.status(f"{place}/publish", {}) == 409
    await by_login(outsider, "policy", f"{place}/approve", {"comment": "read"})
    assert outsider.status(f"{place}/publish", {}) == 409
    await by_login(outsider, "policy-2", f"{place}/approve", {"comment": "read, too"})
    outsider.api(f"{place}/publish", {})
    time.sleep(IN_FORCE_S_MAX)  # noqa: ASYNC251 - nothing else runs here; the promise is in seconds
    assert not outsider.api(ROOT)["reaching"]
    assert all("NEW WORDS" in body for body in reminded(outsider, 100))

    outsider.api(f"{ROOT}/rollback", {"to": 1, "comment": "only a test"})
    time.sleep(IN_FORCE_S_MAX)  # noqa: ASYNC251 - as above
    assert not any("NEW WORDS" in body for body in reminded(outsider, 200))


def test_a_bad_document_on_the_topic_is_a_dead_letter(outsider: Outsider) -> None:
    """Whoever writes to the log past the pages: refused there, the present rules stay in force."""
    before = outsider.api("/api/v1/rule-sets/contact")["version"]
    value = b'{"id": "contact", "version": 99, "profile": "anything goes"}'
    outsider.publish_raw("policies", "contact", value, [])

    def refused() -> bool:
        return any(
            headers.get("dl_topic") == b"policies" and headers["dl_reason"] == b"invalid"
            for headers, _ in outsider.read("dead-letters")
        )

    until(refused, "the dead letter")
    assert outsider.api("/api/v1/rule-sets/contact")["version"] == before
