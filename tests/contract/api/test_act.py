"""What staff and systems decide through the API: checked, with a reason, once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import ClientSession

from domain.events import INPUTS
from tests.contract.api.browser_like import log_in
from tests.contract.api.rig import Rig
from tests.contract.api.samples import customer_row

_PATH = "/api/v1/customers/c-1/actions"
_HOLD = {"type": "hold.placed.v1", "data": {"kind": "legal"}, "reason": "Letter of a lawyer."}


async def _act(
    rig: Rig, client: ClientSession, body: Any, **headers: str
) -> tuple[int, dict[str, Any]]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client.post(_PATH, data=sent, headers={**rig.bearer, **headers}) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_decision_is_on_the_log_when_it_is_answered(
    rig: Rig, client: ClientSession
) -> None:
    """With who, when and why; named by its event."""
    status, said = await _act(rig, client, _HOLD)
    assert status == 202
    ((topic, key, document, headers),) = rig.log.published
    assert (topic, key, headers["ce_id"]) == ("interactions", b"c-1", said["event_id"])
    INPUTS[topic][headers["ce_type"]].model_validate(document)
    assert document["hold_id"] == said["event_id"]
    assert (document["by"], document["reason"]) == ("api", "Letter of a lawyer.")


async def test_the_same_key_is_the_same_event(rig: Rig, client: ClientSession) -> None:
    """Another key, or none, is another decision."""
    same = {"Idempotency-Key": "k-1"}
    answers = [await _act(rig, client, _HOLD, **more) for more in (same, same, {}, {})]
    ids = [said["event_id"] for _, said in answers]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad-json"),
        ([], 422, "bad-action"),
        ({"type": "debt.forgotten.v1", "data": {}, "reason": "x"}, 422, "unknown-action"),
        ({"type": "link-payment.started.v1", "data": {}, "reason": "x"}, 422, "unknown-action"),
        (_HOLD | {"reason": "  "}, 422, "no-reason"),
        (_HOLD | {"reason": None}, 422, "no-reason"),
        (_HOLD | {"data": {"kind": "whim"}}, 422, "bad-action"),
        (_HOLD | {"data": {"by": "somebody"}}, 422, "bad-action"),
        (_HOLD | {"data": {"untill": "2026-07-01"}}, 422, "bad-action"),
        ({"type": "fee.waived.v1", "data": {"fee_id": "f"}, "reason": "x"}, 409, "needs-approval"),
        ({"type": "debt.written-off.v1", "data": {}, "reason": "x"}, 409, "needs-approval"),
    ],
)
async def test_what_does_not_fit_is_refused(
    rig: Rig, client: ClientSession, body: Any, status: int, code: str
) -> None:
    """A clear problem; nothing is published."""
    answered, problem = await _act(rig, client, body)
    assert (answered, problem["type"]) == (status, f"/problems/{code}")
    assert not rig.log.published


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("promise.made.v1", {"due_on": "2026-09-01"}, "promise-too-far"),
        ("promise.made.v1", {"due_on": "2026-05-01"}, "promise-past"),
        ("plan.agreed.v1", {"currency": "EUR", "invoice_ids": []}, "plan-empty"),
    ],
)
async def test_what_the_row_would_refuse_is_said_now(
    rig: Rig, client: ClientSession, kind: str, data: dict[str, Any], code: str
) -> None:
    """Rather than as a dead letter later."""
    rig.rows.rows["customer_history", "c-1"] = customer_row()
    money = {"minor": 7749, "currency": "EUR"}
    part = {"due_on": "2026-06-05", "amount": money}
    more = {"amount": money} if kind.startswith("promise") else {"instalments": [part]}
    body = {"type": kind, "data": data | more, "reason": "On the phone."}
    status, problem = await _act(rig, client, body)
    assert (status, problem["type"]) == (422, f"/problems/{code}")
    assert not rig.log.published


async def test_only_those_who_may_decide(rig: Rig, client: ClientSession) -> None:
    """Without a key nobody; while the log is away nothing is decided."""
    async with client.post(_PATH, json=_HOLD) as answer:
        assert answer.status == 401
    await log_in(client)
    async with client.post(_PATH, json=_HOLD) as answer:  # a session without its form's token
        assert answer.status == 403
    assert (await _act(rig, client, _HOLD, **{"Idempotency-Key": "ü" * 3}))[0] == 400
    rig.log.away = True
    assert (await _act(rig, client, _HOLD))[0] == 503
