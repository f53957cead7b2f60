"""What each record of the log becomes in Postgres: which rows of which tables.

Pure: a record gives the same writes every time. What can't be read gives none, and is counted:
inputs that were refused are dead letters already, and a list must not stop because of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson
from pydantic import ValidationError

from connectors.postgres.projection import Write
from streams import topics
from streams.codec import BadRecord
from streams.core.records import Record
from streams.topics import TopicNames, changelog_topic
from tables import projection_debits as debits
from tables import projection_events as events
from tables import projection_hand_overs as hand_overs
from tables import projection_rows as rows
from tables.definitions import APPLICATIONS, CASES, CUSTOMER_HISTORY, FEE_STATUS

Projector = Callable[[Record], list[Write]]

#: Plain topic name -> what its records become.
EVENTS: Mapping[str, Projector] = {
    topics.DECISIONS: events.decision,
    topics.MESSAGES_SMS: events.message,
    topics.MESSAGES_PUSH: events.message,
    topics.MESSAGES_EMAIL: events.message,
    topics.MESSAGES_LETTER: events.message,
    topics.INTERACTIONS: events.interaction,
    topics.DEAD_LETTERS: events.dead_letter,
    topics.DIRECT_DEBITS: debits.direct_debit,
    topics.HAND_OVERS: hand_overs.given_up,
}
#: Table -> what a row of its changelog becomes.
ROWS: Mapping[str, Projector] = {
    CUSTOMER_HISTORY: rows.customer,
    FEE_STATUS: rows.fee_status,
    APPLICATIONS: rows.application,
    CASES: rows.case,
}


@dataclass(frozen=True, slots=True)
class Projected:
    """The writes of some records, and the records that gave none because they can't be read."""

    writes: list[Write]
    unreadable: list[Record]


class Rules:
    """The rules for an installation: topics bear its prefix, changelogs its whole `app_id`."""

    def __init__(self, app_id: str, names: TopicNames) -> None:
        self._changelogs = {changelog_topic(app_id, table): how for table, how in ROWS.items()}
        events_by_topic = {names.wire(topic): how for topic, how in EVENTS.items()}
        self._by_topic = {**events_by_topic, **self._changelogs}

    @property
    def topics(self) -> tuple[str, ...]:
        """What has to be read, by its names on the wire."""
        return tuple(self._by_topic)

    def project(self, records: Iterable[Record]) -> Projected:
        """The writes of `records`, in their order. `Record.topic` is the name on the wire."""
        writes: list[Write] = []
        unreadable: list[Record] = []
        for record in self._latest(records):
            try:
                writes += self._by_topic[record.topic](record)
            except (BadRecord, ValidationError, orjson.JSONDecodeError, KeyError, TypeError):
                unreadable.append(record)
        return Projected(writes, unreadable)

    def _latest(self, records: Iterable[Record]) -> list[Record]:
        """Without the versions of a row that a later record replaces: they leave no trace.

        A row is replaced in its own partition only: another one may have a row of the same name.
        """
        chosen: dict[tuple[str, int, bytes | int | None], Record] = {}
        for record in records:
            row = record.key if record.topic in self._changelogs else record.offset
            chosen[record.topic, record.partition, row] = record
        return list(chosen.values())
