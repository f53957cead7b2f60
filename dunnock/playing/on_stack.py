"""Plays a story on a running stack: over Kafka, web API and simulators, as anybody could."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from aiokafka.errors import KafkaError

from connectors.log_client import LogClient, LogUnavailable
from dunnock.embedded.problems import Problem
from dunnock.playing.addresses import Addresses
from dunnock.playing.bank_desk import BankDesk
from dunnock.playing.driver import GatewayMode, Output, Publishing
from dunnock.playing.frame import Frame, instant_text
from dunnock.playing.http import Http, Refused
from dunnock.playing.outlet import Outlet, reading
from dunnock.playing.published_rules import PublishedRules
from dunnock.playing.story import Story
from dunnock.playing.together import Together
from runtime.settings import settings

_HOW = "start one with `dunnock up --clock simulated --json FILE`, or play with --in-process"


class OnStack:
    """One story's connections. Whatever it changed of rules and gateways it puts back."""

    def __init__(
        self,
        where: Addresses,
        http: Http,
        together: Together,
        outlet: Outlet,
        rules: PublishedRules,
    ) -> None:
        self._where, self._http, self._together = where, http, together
        self._outlet, self._rules = outlet, rules
        self._now = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._away: set[str] = set()

    @property
    def now(self) -> dt.datetime:
        return self._now

    async def publish(
        self, events: Sequence[Publishing], before_look: Sequence[Publishing] = ()
    ) -> None:
        await self._together.publish((*before_look, *events))
        await self.settle()

    async def rules(self, name: str, changes: dict[str, Any]) -> None:
        await self._rules.change(name, changes, self._now)
        await self.settle()

    async def settle(self) -> None:
        """An advance by nothing answers when all that is on the log has been dealt with."""
        await self.advance(self._now)

    async def advance(self, to: dt.datetime) -> None:
        """Raises Problem where the clock is real: there a story would take weeks."""
        wish = {"to": instant_text(to)}
        try:
            self._now = _instant(await self._http.call(f"{self._where.web}/api/v1/clock", wish))
        except Refused as refused:
            raise _clock_problem(refused) from refused

    async def outputs(self) -> list[Output]:
        return await self._outlet.read(self._now)

    async def row(self, customer_id: str) -> dict[str, Any] | None:
        url = f"{self._where.web}/api/v1/customers/{quote(customer_id, safe='')}"
        try:
            found: dict[str, Any] = await self._http.call(url)
        except Refused as refused:
            if refused.status != 404:
                raise
            return None
        return found

    async def gateway(self, channel: str, mode: GatewayMode) -> None:
        if mode not in {"works", "away"}:
            raise Problem(f"On a stack a gateway works or is away, not {mode!r}: use --in-process.")
        fault = {"error_rate": 1} if mode == "away" else {}
        await self._http.call(f"{self._where.gateway(channel)}/faults", fault)
        (self._away.discard if mode == "works" else self._away.add)(channel)
        await self.settle()

    async def bank_file(self, content: bytes, invoices: Sequence[str]) -> dict[str, Any]:
        desk = BankDesk(self._http, self._where.web, self._where.postgres)
        found = await desk.hand_in(content, invoices)
        await self.settle()
        return found

    async def sent(self, channel: str) -> list[str]:
        received = await self._http.call(f"{self._where.gateway(channel)}/received")
        return [one["message_id"] for one in received]

    async def put_back(self) -> None:
        """Gateways work again, rules are as they were."""
        try:
            for channel in tuple(self._away):
                await self.gateway(channel, "works")
        finally:
            await self._rules.put_back(self._now)


@asynccontextmanager
async def on_stack(where: Addresses, story: Story) -> AsyncIterator[tuple[OnStack, Frame]]:
    """The driver with its clock where the story begins, and the frame of this playing.

    Raises Problem for a story that cannot be played there.
    """
    if story.head.only == "in-process":
        raise Problem(f"{story.name} needs what no stack can do: play it with --in-process.")
    suffix, http = f"-{uuid.uuid4().hex[:6]}", Http(where.api_key)
    now = _instant(await _first_call(http, where))
    log = LogClient(where.kafka, settings().topic_prefix)
    await log.start()
    try:
        async with reading(where.kafka, log, suffix) as outlet:
            stack = OnStack(
                where,
                http,
                Together(where.kafka, suffix),
                outlet,
                PublishedRules(where.kafka, where.postgres),
            )
            frame = Frame(story.head.zone, suffix, _weeks_after(story, now))
            await stack.advance(frame.to_real(story.head.starts))
            try:
                yield stack, frame
            finally:
                await stack.put_back()
    except (LogUnavailable, KafkaError) as error:
        raise Problem(f"Kafka at {where.kafka} does not answer: {error}.") from error
    finally:
        await log.stop()


async def _first_call(http: Http, where: Addresses) -> Any:
    """Advancing by nothing says whether the clock is simulated, before anything is published."""
    try:
        return await http.call(f"{where.web}/api/v1/clock", {"advance": "PT0S"})
    except Refused as refused:
        if refused.status not in {401, 403}:
            raise _clock_problem(refused) from refused
        raise Problem(
            f"The stack at {where.web} refuses ({refused.status}): give the --stack FILE that it"
            " wrote, or its DUNNOCK_API_KEY."
        ) from refused


def _weeks_after(story: Story, now: dt.datetime) -> int:
    """How many weeks later the story has to begin, for time never goes back."""
    weeks = 0
    while Frame(story.head.zone, weeks=weeks).to_real(story.head.starts) < now:
        weeks += 1
    if weeks and story.head.dates == "fixed":
        raise Problem(
            f"{story.name} is about its dates and begins at {instant_text(story.head.starts)}, but"
            f" on this stack it is {instant_text(now)}: {_HOW}."
        )
    return weeks


def _clock_problem(refused: Refused) -> Problem:
    if "real-clock" in refused.said:
        return Problem(f"This stack runs on the real clock, where a story takes weeks: {_HOW}.")
    return Problem(f"The clock cannot be moved: {refused.said}")


def _instant(answer: Any) -> dt.datetime:
    return dt.datetime.fromisoformat(answer["now"])
