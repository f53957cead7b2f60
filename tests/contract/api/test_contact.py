"""What the contact rules say of a customer, for machines and on the page."""

from __future__ import annotations

import csv
import io

from aiohttp import ClientSession

from tests.contract.api.browser_like import get, log_in
from tests.contract.api.rig import Rig
from tests.contract.api.samples import customer_row
from tests.contract.api.seed import seeded


async def test_the_page_says_whether_they_may_be_called(rig: Rig, client: ClientSession) -> None:
    """And by which row not, in every language."""
    await seeded(rig.pool)
    await log_in(client)
    row = customer_row()
    row["compliance"] = {"stops": {"all": "2026-06-01T09:00:00Z"}}
    rig.rows.rows["customer_history", "c-1"] = row
    for language, words in (("en", "Calls"), ("nl", "Bellen"), ("de", "Anrufe")):
        status, page = await get(client, "/customers/c-1", headers={"Accept-Language": language})
        assert status == 200
        assert f'id="h-calls">{words}<' in page
    assert "contact_stopped" in page


async def test_what_was_not_sent_is_filtered_and_exported_by_row(
    rig: Rig, client: ClientSession
) -> None:
    """The proof of compliance: which row of which version kept it back."""
    await seeded(rig.pool)
    await log_in(client)
    await rig.pool.execute(
        "INSERT INTO not_sent (customer_id, at, kind, because, currency, step, channel, rule,"
        " rule_version) VALUES ('c-9', now(), 'reminder', 'cap', 'EUR', 1, 'sms', 'nl.messages', 3)"
    )
    _, text = await get(client, "/not-sent.csv?rule=nl.messages")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["customer_id"], row["rule"], row["rule_version"]) for row in rows] == [
        ("c-9", "nl.messages", "3")
    ]
