"""Hands a bank file to a stack over its API and waits until it is booked and on the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connectors.postgres.bank_returns import Outbox
from connectors.postgres.pool import Pool, connected
from dunnock.embedded.problems import Problem
from dunnock.playing.http import Http

_POLL_S = 0.2
_PATIENCE_S = 60.0
_XML = "application/xml"


class BankDesk:
    """`web` and `postgres` are those of the stack."""

    def __init__(self, http: Http, web: str, postgres: str) -> None:
        self._http, self._web, self._postgres = http, web, postgres

    async def hand_in(self, content: bytes, invoices: Sequence[str]) -> dict[str, Any]:
        """The file's document when all of it is done. `invoices` are known to the stack by then.

        What is matched is looked up in lists that follow the log by a moment: a person's file
        comes hours after the invoice, a story's at once.
        """
        async with connected(self._postgres, size_max=1, name="dunnock play") as pool:
            await _until(lambda: _are_listed(pool, invoices), "the invoices are not in the lists")
            url = f"{self._web}/api/v1/bank-files"
            file = await self._http.call(f"{url}?name=story.xml", content, media=_XML)
            found: dict[str, Any] = file

            async def is_booked() -> bool:
                found.update(await self._http.call(f"{url}/{file['file_id']}"))
                return found["state"] in {"booked", "rejected"}

            async def is_out() -> bool:
                return not await Outbox(pool).waiting(1)

            await _until(is_booked, "the importer does not book the file")
            await _until(is_out, "the returns do not reach the log")
            return found


async def _are_listed(pool: Pool, invoices: Sequence[str]) -> bool:
    listed: int = await pool.fetchval(
        "SELECT count(*) FROM invoice_index WHERE invoice_id = ANY($1)", list(invoices)
    )
    return listed == len(set(invoices))


async def _until(done: Callable[[], Awaitable[bool]], what: str) -> None:
    """Raises Problem when it takes too long."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                if await done():
                    return
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise Problem(f"Given up after {_PATIENCE_S:.0f} s: {what}.") from None
