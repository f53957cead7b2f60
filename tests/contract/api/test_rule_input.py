"""Hostile input to rule sets ends in a clear answer: never a stack trace, never half a row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientSession

from connectors.postgres.pool import Pool
from tests.contract.api.rig import Rig, rigged
from tests.contract.api.rule_work import ROOT, call, no_rule_sets, shipped


@pytest.fixture
async def rig(pool: Pool) -> AsyncIterator[Rig]:
    await no_rule_sets(pool)
    async with rigged(pool) as made:
        yield made
    await no_rule_sets(pool)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"document": 7}, 400),
        ({"document": {"a": "\0"}}, 422),
        ({"text": '{"a": 1e999, "b": "\\ud800"}'}, 422),
        ({"text": "a = " + "[" * 5000}, 422),
        ({"document": {"x": [[[[{"y": None}]]]], "z": 10**18}}, 201),
        ({"document": shipped("contact"), "note": "x" * 5000}, 400),
        ({"document": shipped("contact"), "note": "\0"}, 400),
        ({"document": {"rows": "not a list", "": {"": ""}}}, 201),
    ],
)
async def test_whatever_is_sent_has_an_answer(rig: Rig, body: dict[str, Any], status: int) -> None:
    made = await call(rig, "POST", "/reminders/drafts", body)
    assert made.status == status, made.body
    if status == 201:
        place = f"/reminders/drafts/{made.body['draft']}"
        checked = await call(rig, "POST", f"{place}/check", {})
        assert (checked.status, checked.body["state"]) == (200, "draft")
        assert checked.body["report"]["faults"]
        assert (await call(rig, "POST", f"{place}/submit", {})).status == 409


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/nothing/drafts", 404),
        ("GET", "/contact/drafts/999999", 404),
        ("GET", "/contact/drafts/-1", 404),
        ("GET", "/contact/drafts/99999999999999999999999", 404),
        ("POST", "/contact/drafts/999999/publish", 404),
        ("POST", "/contact/rollback", 400),
    ],
)
async def test_what_there_is_not_is_said(rig: Rig, method: str, path: str, status: int) -> None:
    assert (await call(rig, method, path, {})).status == status


async def test_a_draft_belongs_to_its_rule_set(rig: Rig) -> None:
    made = await call(rig, "POST", "/contact/drafts", {"document": shipped("contact")})
    elsewhere = await call(rig, "POST", f"/reminders/drafts/{made.body['draft']}/check", {})
    assert elsewhere.status == 404


async def test_one_person_cannot_fill_the_table(rig: Rig) -> None:
    body = {"document": shipped("delivery")}
    made = [await call(rig, "POST", "/delivery/drafts", body) for _ in range(21)]
    assert [one.status for one in made] == [201] * 20 + [409]
    place = f"/delivery/drafts/{made[0].body['draft']}/discard"
    assert (await call(rig, "POST", place, {})).body["state"] == "discarded"
    assert (await call(rig, "POST", "/delivery/drafts", body)).status == 201


async def test_answers_are_as_openapi_says(rig: Rig) -> None:
    async with ClientSession() as client, client.get(rig.server.make_url("/openapi.json")) as told:
        document = await told.json()
    made = await call(rig, "POST", "/contact/drafts", {"document": shipped("contact")})
    draft = str(made.body["draft"])
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/{id}", None),
        ("GET", "/{id}/versions", None),
        ("GET", "/{id}/history", None),
        ("GET", "/{id}/drafts/{draft}", None),
        ("POST", "/{id}/drafts", {"document": {}}),
        ("POST", "/{id}/rollback", {"to": 1, "comment": "it is in force already"}),
        ("POST", "/{id}/drafts/{draft}/{action}", {}),
    ):
        place = path.replace("{id}", "contact").replace("{draft}", draft)
        done = await call(rig, method, place.replace("{action}", "check"), body)
        answers = document["paths"][ROOT + path][method.lower()]["responses"]
        schema = next(iter(answers[str(done.status)]["content"].values()))["schema"]
        jsonschema.validate(done.body, {**schema, "components": document["components"]})
