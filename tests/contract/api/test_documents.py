"""The API's documents are true: about the routes, about the answers, about the topics."""

from __future__ import annotations

import re

import jsonschema
from aiohttp import ClientSession

from domain.events import INPUTS
from streams.topics import IN_TOPICS, OUT_TOPICS
from tests.contract.api.rig import Rig
from tests.contract.api.samples import CASE, DECISION, FEE, customer_row


async def test_openapi_names_every_route_for_machines(rig: Rig, client: ClientSession) -> None:
    async with client.get("/openapi.json") as answer:
        document = await answer.json()
    routed = {
        (route.resource.canonical, route.method.lower())
        for route in rig.server.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    machine = {
        (path, method)
        for path, method in routed
        if path.startswith("/api/") or re.fullmatch(r"/(healthz|readyz|metrics|\w+\.json)", path)
    }
    documented = {(path, method) for path, item in document["paths"].items() for method in item}
    assert documented == machine


async def test_answers_are_as_openapi_says(rig: Rig, client: ClientSession) -> None:
    rig.rows.rows.update(
        {
            ("customer_history", "c-1"): customer_row(),
            ("fee_status", "c-1"): FEE,
            ("decisions", "d-1"): DECISION,
            ("cases", "case-1"): CASE,
        }
    )
    async with client.get("/openapi.json") as answer:
        document = await answer.json()
    for path, row_id in [
        ("/api/v1/customers/{id}", "c-1"),
        ("/api/v1/fee-status/{id}", "c-1"),
        ("/api/v1/decisions/{id}", "d-1"),
        ("/api/v1/cases/{id}", "case-1"),
        ("/api/v1/clock", ""),
        ("/api/v1/customers/{id}", "nobody"),
    ]:
        async with client.get(path.replace("{id}", row_id), headers=rig.bearer) as answer:
            told = document["paths"][path]["get"]["responses"][str(answer.status)]
            schema = told["content"][answer.content_type]["schema"]
            jsonschema.validate(
                await answer.json(), {**schema, "components": document["components"]}
            )


async def test_asyncapi_names_every_topic_and_type(rig: Rig, client: ClientSession) -> None:
    async with client.get("/asyncapi.json") as answer:
        document = await answer.json()
    topics = {spec.name for spec in (*IN_TOPICS, *OUT_TOPICS)}
    assert set(document["channels"]) == topics
    for topic, events in INPUTS.items():
        assert set(document["channels"][topic]["messages"]) == set(events)
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', str(document).replace("'", '"')):
        place = document
        for step in reference.split("/"):
            place = place[step]
