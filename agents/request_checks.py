"""Agent with I/O, without state: asks the bureaus and answers with an event.

The call ids are deterministic, so a crash that repeats a call can be noticed by the bureau.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mode import Service
from pydantic import ValidationError

from connectors.bureaus.ask import ask_all
from connectors.bureaus.desk import Desk, open_desk
from domain.acceptance import CHECKS_ANSWERED, ChecksRequested
from domain.effects import Publish
from domain.identity import digest
from runtime.clock import utc_now
from runtime.settings import Settings
from streams.codec import encode, unwrap
from streams.core.logic import Refused
from streams.core.records import Output, Record

TOPIC = "internal.check-requests"
ANSWERS = "internal.check-answers"


class BureauDesk:
    """Asks bureaus for a worker. Its `service`, given to the app, keeps the connections open."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._desk: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()

    @property
    def service(self) -> type[Service]:
        """What the app starts and stops: the open desk. Nothing is connected before a call."""
        settings, opened = self._settings, self._desk

        class OpenDesk(Service):
            async def on_start(self) -> None:
                opened.set_result(await self.add_async_context(open_desk(settings)))

        return OpenDesk

    async def answer(self, record: Record) -> Sequence[Output]:
        """The pool's handler: one `checks.answered.v1` for one `checks.requested.v1`.

        Raises Refused for a record that is none.
        """
        try:
            _, raw = unwrap(record)
            request = ChecksRequested.model_validate_json(raw)
        except ValidationError as error:
            raise Refused("invalid", f"no request: {error.error_count()} faults") from None
        answered = await ask_all(request, await self._desk)
        publish = Publish(
            topic=ANSWERS,
            ce_type=CHECKS_ANSWERED,
            event_id=digest("checks-answer", request.request_id),
            key=request.key,
            data=answered,
        )
        return [encode(publish, utc_now())]
