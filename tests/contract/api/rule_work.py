"""People who work on rule sets: the same steps by the API for whoever is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession

from connectors.postgres.pool import Pool
from domain.collections.state import CustomerState
from domain.drafts import body_of
from domain.rulesets import starting_of
from tests.contract.api.rig import Rig
from tests.unit.collections.story import POLICY, Story

ROOT = "/api/v1/rule-sets"


@dataclass
class Answer:
    status: int
    body: dict[str, Any]


async def no_rule_sets(pool: Pool) -> None:
    """As shipped: nothing was ever written."""
    await pool.execute(
        "TRUNCATE rule_set_versions, rule_set_approvals, rule_set_history, rule_set_outbox"
    )
    await pool.execute("DELETE FROM customers")


async def call(
    rig: Rig, method: str, path: str, body: Any = None, *, client: ClientSession | None = None
) -> Answer:
    """By the API key, or with the session and form token of `client`."""
    url = rig.server.make_url(ROOT + path)
    if client is not None:
        async with client.get("/") as page:
            token = (await page.text()).split('name="csrf" value="')[1][:64]
        async with client.request(
            method, url, json=body, headers={"X-CSRF-Token": token}
        ) as answer:
            return Answer(answer.status, await answer.json(content_type=None))
    async with (
        ClientSession() as plain,
        plain.request(method, url, json=body, headers=rig.bearer) as answer,
    ):
        return Answer(answer.status, await answer.json(content_type=None))


def shipped(rule_set: str) -> dict[str, Any]:
    """The shipped document as people edit it."""
    found: dict[str, Any] = json.loads(json.dumps(body_of(starting_of(POLICY, rule_set))))
    return found


def quieter(days: int = 9) -> dict[str, Any]:
    """Reminders whose second step comes later."""
    body = shipped("reminders")
    body["rows"][0]["step_days"] = [0, days, 30]
    return body


async def customers(pool: Pool, states: list[CustomerState]) -> None:
    """Rows of the projection that owe something."""
    await pool.executemany(
        'INSERT INTO customers (customer_id, balances, "row") VALUES ($1, $2, $3)',
        [
            (
                f"c-{number}",
                [{"minor": 4999, "currency": "EUR"}],
                json.loads(state.model_dump_json(exclude_defaults=True)),
            )
            for number, state in enumerate(states)
        ],
    )


def owing(code: str = "AM04") -> CustomerState:
    """Somebody with one failed debit."""
    story = Story().customer().invoice().failed(code=code)
    assert story.state is not None
    return story.state
