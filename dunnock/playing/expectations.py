"""What has come out and was not looked at yet, and what the story says about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from dunnock.embedded.problems import Problem
from dunnock.playing.driver import Output
from dunnock.playing.expecting import (
    ALWAYS,
    Expectation,
    differences,
    expectation,
    field_differences,
    text_differences,
)
from dunnock.playing.timeline import told

#: A window's opening is spread over so long, by ids: within it there is no order to rely on.
_SPREAD = dt.timedelta(minutes=10)


class Expectations:
    """Outputs wait here until the story looks. Each step's list is complete for its topics."""

    always = ALWAYS

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._waiting: list[Output] = []
        self._messages: list[Output] = []

    def heard(self, output: Output) -> None:
        """Something came out."""
        self._waiting.append(output)
        if output.ce_type == "message.requested.v1":
            self._messages.append(output)

    def take(self, entries: Any, main: str = "") -> list[str]:
        """What is wrong with the outputs since the last look, given the list of an `expect`.

        Each entry needs an output of its own, in the order of time. Nothing else may have come
        out on the topics it names, nor on those that are always watched.
        """
        listed = entries if isinstance(entries, list) else [entries]
        wanted = [expectation(entry, main) for entry in listed]
        watched = ALWAYS | {one.topic for one in wanted}
        left = [output for output in self._waiting if output.topic in watched]
        self._waiting.clear()
        missing: list[Expectation] = []
        latest: dt.datetime | None = None
        for one in wanted:
            found = self._first(one, left, latest)
            if found is None:
                missing.append(one)
            else:
                latest = found.at or latest
                left.remove(found)
        return self._explain(missing, left)

    def unexpected(self, topics: Iterable[str]) -> list[str]:
        """What came out on the topics since the last look, though nothing should have."""
        watched = set(topics)
        extra = [told(output) for output in self._waiting if output.topic in watched]
        self._waiting.clear()
        return [f"nothing was expected, but out came: {text}" for text in extra]

    def row(self, wanted: dict[str, Any], row: dict[str, Any] | None) -> list[str]:
        """What of the customer's row is not as expected."""
        if row is None:
            return ["there is no such customer"]
        fields = dict(wanted)
        about = {name: fields.pop(name) for name in tuple(fields) if name in {"has", "lacks"}}
        return text_differences(about, row) + field_differences(fields, row, self._zone)

    def sent(self, channel: str, count: int, sent: list[str]) -> list[str]:
        """Whether the gateway took so many of the story's messages."""
        ours = {output.data["message_id"] for output in self._messages}
        taken = [name for name in sent if name in ours]
        if len(taken) == count:
            return []
        return [f"the gateway for {channel} took {len(taken)} messages, expected {count}"]

    def last_message(self, channel: str, where: str) -> str:
        """The id of the newest message of a channel. Raises Problem without one."""
        for output in reversed(self._messages):
            if output.topic == f"messages.{channel}":
                return str(output.data["message_id"])
        raise Problem(f"{where}: no message has gone out over {channel} yet.")

    def local_instant(self, text: str) -> dt.datetime:
        """The instant of a local `2026-06-01 22:40`. ValueError for other texts."""
        local = dt.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(self._zone))
        return local.astimezone(dt.UTC)

    def _first(
        self, one: Expectation, left: list[Output], latest: dt.datetime | None
    ) -> Output | None:
        """The first output that is as expected and did not come before those already found."""
        for output in left:
            is_early = latest is not None and output.at is not None and output.at < latest - _SPREAD
            if not is_early and not differences(one, output, self._zone):
                return output
        return None

    def _explain(self, missing: list[Expectation], left: list[Output]) -> list[str]:
        """Each missing one beside what came closest, then what nobody expected."""
        wrong = []
        for one in missing:
            closest = min(
                left, key=lambda output: len(differences(one, output, self._zone)), default=None
            )
            wrong.append(f"missing: {one.words}")
            if closest is not None and closest.topic == one.topic:
                left.remove(closest)
                wrong.append(f"  instead came: {told(closest)}")
                differs = differences(one, closest, self._zone) or ["it came too early"]
                wrong += [f"    {line}" for line in differs]
        return wrong + [f"not expected: {told(output)}" for output in left]
