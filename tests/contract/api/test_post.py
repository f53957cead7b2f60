"""The print service's webhook: a letter was posted, or came back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession
from standardwebhooks.webhooks import Webhook

from runtime.settings import Settings
from tests.contract.api.rig import Rig

SECRET = Settings().letter_webhook_secret
_LETTER = """
INSERT INTO dispatches (message_id, channel, customer_id, kind, not_after, state, claimed_at)
VALUES ('n-1', 'letter', 'c-1', 'notice', $1, 'claimed', $1) ON CONFLICT DO NOTHING
"""


async def _tell(client: ClientSession, said: Any, secret: str = SECRET) -> int:
    at, body = datetime.now(UTC), json.dumps(said)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, body),
    }
    async with client.post("/post/webhook", data=body, headers=headers) as answer:
        return answer.status


def _news(what: str, reference: str = "n-1", **data: Any) -> dict[str, Any]:
    return {"type": f"letter.{what}", "data": {"reference": reference} | data}


async def _sent(rig: Rig) -> None:
    await rig.pool.execute(_LETTER, datetime.now(UTC) + timedelta(hours=1))


async def test_news_of_a_letter_become_receipts_under_ids_of_their_own(
    rig: Rig, client: ClientSession
) -> None:
    await _sent(rig)
    assert await _tell(client, _news("posted")) == 204
    assert await _tell(client, _news("returned", reason="returned_to_sender")) == 204
    assert await _tell(client, _news("returned", reason="returned_to_sender")) == 204
    kinds = [(one[0], one[1], one[3]["ce_type"], one[3]["ce_id"]) for one in rig.log.published]
    returned = ("interactions", b"c-1", "message.failed.v1", "n-1/returned")
    assert kinds == [
        ("interactions", b"c-1", "message.delivered.v1", "n-1/posted"),
        returned,
        returned,
    ]
    assert rig.log.published[1][2]["detail"] == {"state": "failed", "reason": "returned_to_sender"}


async def test_what_is_not_signed_or_not_ours_is_refused(rig: Rig, client: ClientSession) -> None:
    await _sent(rig)
    other = "whsec_c29tZWJvZHktZWxzZXMtc2VjcmV0LWtleS0xMjM0NQ=="
    assert await _tell(client, _news("returned"), other) == 401
    assert await _tell(client, _news("returned", "n-unknown")) == 404
    assert await _tell(client, {"type": "letter.returned", "data": {}}) == 400
    assert await _tell(client, {"type": "letter.printed"}) == 204
    assert await _tell(client, ["letter.returned"]) == 400
    assert rig.log.published == []
