"""Tells a story to a driver, step by step, and holds what comes out against what is expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, get_args

import orjson

from api.machine.durations import parse_duration
from dunnock.embedded.problems import Problem
from dunnock.playing.bank_file import camt_of
from dunnock.playing.driver import Driver, GatewayMode, Output, Publishing, publishing
from dunnock.playing.expectations import Expectations
from dunnock.playing.expecting import field_differences, value_at
from dunnock.playing.frame import AsItIs, Frame, instant_of
from dunnock.playing.gateways import CHANNELS
from dunnock.playing.shorthand import EVENTS, Event, Shorthand
from dunnock.playing.story import Act, Step, Story
from dunnock.playing.timeline import Entry, ending, local, published, told

Say = Callable[[str], None]


class StoryFailed(Exception):
    """Something else came out, or did not; the text says where, what differs, and what happened."""


class Player:
    """One playing of one story. `say` hears it as it goes."""

    def __init__(self, story: Story, driver: Driver, frame: Frame, say: Say | None = None) -> None:
        self._story, self._driver, self._frame = story, driver, frame
        self._say = say or (lambda _: None)
        self._told = Shorthand()
        self._expects = Expectations(story.head.zone)
        self.timeline: list[Entry] = []

    async def play(self) -> None:
        """Raises StoryFailed, or Problem for a step that makes no sense."""
        for rules in self._story.head.rules:
            await self._put_live(rules, "[[rules]]")
        for step in self._story.steps:
            if step.says:
                self._say(f"\n{step.says}")
            await self._step(step)
        self._check("the end", self._expects.unexpected(self._expects.always))

    async def ending(self) -> list[str]:
        """What the customers' rows say now, in lines."""
        lines = []
        for name in self._told.customers:
            told_of = f"{name}: " if self._has_several else ""
            rows = ending(await self._row(name), self._story.head.zone)
            lines += [told_of + line for line in rows]
        return lines

    async def _step(self, step: Step) -> None:
        waiting: list[Act] = []
        for act in step.acts:
            if act.is_event or act.kind == "before_look":
                waiting.append(act)
                continue
            await self._publish(waiting)
            await self._act(act)
        await self._publish(waiting)

    async def _publish(self, waiting: list[Act]) -> None:
        """What was told in a row is published at once."""
        if not waiting:
            return
        events = [await self._event(act.kind, act) for act in waiting if act.is_event]
        late = [
            await self._event(kind, Act(kind, body, act.where))
            for act in waiting
            if act.kind == "before_look"
            for kind, body in act.body.items()
        ]
        waiting.clear()
        await self._driver.publish(
            [self._record(event) for event in events], [self._record(event) for event in late]
        )
        await self._hear()

    async def _event(self, kind: str, act: Act) -> Event:
        body = await self._resolved(act.body, act.where)
        if isinstance(body, dict) and body.get("message_id") == "last":
            channel = body.get("channel", "sms")
            body = {**body, "message_id": self._expects.last_message(channel, act.where)}
        if kind not in EVENTS:
            raise Problem(f"{act.where}: {kind} is no event.")
        try:
            event = self._told.event(kind, body, self._now)
        except (Problem, ValueError) as error:
            raise Problem(f"{self._story.name}, {act.where}: {error}") from error
        entry = Entry(self._now, "in", event.key, published(event))
        self._note(entry)
        return event

    async def _resolved(self, body: Any, where: str) -> Any:
        """With `{ row = "fees.0.fee_id" }` replaced by what the main customer's row says there."""
        if isinstance(body, list):
            return [await self._resolved(one, where) for one in body]
        if not isinstance(body, dict):
            return body
        if set(body) != {"row"}:
            return {name: await self._resolved(one, where) for name, one in body.items()}
        row = await self._driver.row(self._frame.id_out(self._told.main))
        value = value_at(row, str(body["row"]))
        if value is None:
            raise Problem(f"{self._story.name}, {where}: the row has no {body['row']}.")
        return AsItIs(value) if isinstance(value, str) else value

    def _record(self, event: Event) -> Publishing:
        frame = self._frame
        value = event.raw.encode()
        if event.data is not None:
            value = orjson.dumps(frame.data_out(event.data))
        at, ce_id = frame.to_real(event.at), frame.id_out(event.ce_id)
        return publishing(event.topic, frame.id_out(event.key), event.ce_type, ce_id, at, value)

    async def _act(self, act: Act) -> None:
        match act.kind:
            case "advance" | "to":
                await self._driver.advance(self._frame.to_real(self._moment(act)))
                await self._hear()
            case "bank_file":
                await self._hand_in(act)
            case "gateway":
                for channel, mode in act.body.items():
                    if channel not in CHANNELS or mode not in get_args(GatewayMode):
                        raise Problem(f"{act.where}: no gateway {channel} that {mode}.")
                    await self._driver.gateway(channel, mode)
                await self._hear()
            case "rules":
                for rules in act.body if isinstance(act.body, list) else [act.body]:
                    await self._put_live(rules, act.where)
            case _:
                await self._look(act)

    async def _look(self, act: Act) -> None:
        """One of the expectations."""
        match act.kind:
            case "expect":
                self._check(
                    act.where,
                    self._expects.take(act.body, self._told.main if self._has_several else ""),
                )
            case "expect_none":
                topics = self._expects.always if act.body is True else set(act.body)
                self._check(act.where, self._expects.unexpected(topics))
            case "expect_row":
                for wanted in act.body if isinstance(act.body, list) else [act.body]:
                    body = dict(wanted)
                    row = await self._row(body.pop("customer", self._told.main))
                    self._check(act.where, self._expects.row(body, row))
            case "expect_sent":
                for channel, count in act.body.items():
                    sent = await self._driver.sent(channel)
                    self._check(act.where, self._expects.sent(channel, count, sent))

    async def _hand_in(self, act: Act) -> None:
        """A file of the bank; `report` is what must become of its rows."""
        content = camt_of(act.body, self._frame, self._now)
        named = [self._frame.id_out(str(one["invoice"])) for one in act.body["returns"]]
        returned = ", ".join(f"{one['invoice']} {one.get('code')}" for one in act.body["returns"])
        self._note(Entry(self._now, "in", "", f"bank file: {returned} came back"))
        file = await self._driver.bank_file(content, named)
        await self._hear()
        wanted = act.body.get("report", {})
        self._check(act.where, field_differences(wanted, file, self._story.head.zone))

    async def _put_live(self, rules: dict[str, Any], where: str) -> None:
        changes = dict(rules)
        name = str(changes.pop("id", ""))
        try:
            await self._driver.rules(name, changes)
        except Problem as problem:
            raise Problem(f"{self._story.name}, {where}: {problem}") from problem
        self._note(Entry(self._now, "in", "", f"rule set {name} is put live"))
        await self._hear()

    def _moment(self, act: Act) -> dt.datetime:
        text = str(act.body)
        try:
            if act.kind == "advance":
                moment = self._now + parse_duration(text)
            else:
                moment = instant_of(text) or self._expects.local_instant(text)
        except ValueError as error:
            raise Problem(f"{self._story.name}, {act.where}: {text!r}: {error}.") from error
        if moment < self._now:
            raise Problem(f"{self._story.name}, {act.where}: time never goes back.")
        return moment

    async def _hear(self) -> None:
        """Take in what came out, as the story would say it."""
        for output in await self._driver.outputs():
            plain = Output(
                output.topic,
                output.ce_type,
                self._frame.data_back(output.key),
                None if output.at is None else self._frame.to_story(output.at),
                self._frame.data_back(output.data),
            )
            self._expects.heard(plain)
            told_of = f"{plain.key}: " if self._has_several else ""
            self._note(Entry(plain.at or self._now, "out", plain.key, told_of + told(plain)))

    async def _row(self, customer: str) -> dict[str, Any] | None:
        row = await self._driver.row(self._frame.id_out(customer))
        found: dict[str, Any] | None = self._frame.data_back(row)
        return found

    @property
    def _has_several(self) -> bool:
        return len(self._told.customers) > 1

    @property
    def _now(self) -> dt.datetime:
        return self._frame.to_story(self._driver.now)

    def _local_now(self) -> str:
        return local(self._now, self._story.head.zone)

    def _note(self, entry: Entry) -> None:
        self.timeline.append(entry)
        self._say(f"    {entry.line(self._story.head.zone)}")

    def _check(self, where: str, wrong: list[str]) -> None:
        if not wrong:
            self._say(f"    ✓ {where}")
            return
        zone = self._story.head.zone
        happened = "\n".join(f"  {entry.line(zone)}" for entry in self.timeline)
        problems = "\n".join(f"  {line}" for line in wrong)
        raise StoryFailed(
            f"{self._story.name}, {where}, at {self._local_now()}:\n{problems}\n"
            f"What happened:\n{happened}"
        )
