"""The evidence of a run, gathered once for all judges."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import orjson

from agents.collect_debts import FEES, HISTORY
from domain.collections.state import CustomerState
from domain.collections.view import customer_view
from domain.fees.state import FeeState, fee_view
from streams.core.records import Record
from tests.faults.checker.evidence import (
    IN_TOPICS,
    OUT_TOPICS,
    Entry,
    Evidence,
    Finding,
    Received,
    instant,
)
from tests.faults.checker.intake import Event, Intake, sort_inputs
from tests.faults.checker.outputs import Message, Outputs, read_outputs
from tests.faults.checker.people import Person, gather
from tests.simulation.world.bureaus import SAID
from tests.simulation.world.world import World, published


@dataclass
class Case:
    """What is judged. `rows`: table -> key -> row, of the present owners' stores."""

    world: World
    rows: dict[str, dict[str, bytes]]
    evidence: Evidence
    intake: Intake
    outputs: Outputs
    people: dict[str, Person]
    now: dt.datetime

    def some(self, customers: int, salt: str) -> list[str]:
        """A few customers, chosen by the seed: for what is too dear to do for all."""
        seed = f"{self.world.plan.seed} {salt} "
        ranked = sorted(self.people, key=lambda one: (zlib.crc32((seed + one).encode()), one))
        return ranked[:customers]


class Sorted(Outputs):
    """The same, for judges who ask for everybody's messages again and again."""

    def of(self, customer: str, kind: str) -> list[Message]:
        if not hasattr(self, "_by_customer"):
            self._by_customer: dict[tuple[str, str], list[Message]] = {}
            for one in self.messages:
                self._by_customer.setdefault((one.customer, one.kind), []).append(one)
        return self._by_customer.get((customer, kind), [])


Judge = Callable[[Case], Iterator[str]]


def gathered(world: World) -> Case:
    """The case of a world that has come to rest."""
    rows = _rows(world)
    now = world.scene.clock
    evidence = Evidence(
        inputs=[_entry(record) for record in published(world, *IN_TOPICS)],
        outputs=[_entry(record) for record in published(world, *OUT_TOPICS)],
        dead_letters=[_entry(record) for record in published(world, "dead-letters")],
        received=[
            Received(channel, *one)
            for channel, provider in world.providers.items()
            for one in provider.accepted
        ],
        customers={key: _customer(row, now) for key, row in rows[HISTORY].items()},
        fee_status={
            key: fee_view(FeeState.model_validate_json(row)) for key, row in rows[FEES].items()
        },
        applications={key: orjson.loads(row) for key, row in rows["applications"].items()},
        unknown={
            name
            for name, row in world.tables.dispatches.items()
            if row["state"] in {"unknown", "failed"}
        },
        answers=SAID,
    )
    intake = sort_inputs(evidence.inputs)
    intake.events = [_settled(event, now) for event in intake.events]
    found = read_outputs(evidence.outputs)
    outputs = Sorted(**{one.name: getattr(found, one.name) for one in fields(found)})
    return Case(world, rows, evidence, intake, outputs, gather(intake.events), now)


def _settled(event: Event, now: dt.datetime) -> Event:
    """Five TARGET days, over any holidays, are less than two weeks: the payment has settled."""
    if not event.data.get("provisional"):
        return event
    if instant(event.data["received_at"]) + dt.timedelta(days=14) > now:
        return event
    return replace(event, data=event.data | {"provisional": False})


def _rows(world: World) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for partition, owner in world.group.owners.items():
        for table, store in world.disks[owner.name][partition].items():
            rows = found.setdefault(table, {})
            rows.update((key.decode(), row) for key, row in store.items())
    return found


def _customer(row: bytes, now: dt.datetime) -> dict[str, object]:
    return customer_view(CustomerState.model_validate_json(row), now)


def _entry(record: Record) -> Entry:
    return Entry(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        record.headers,
        record.timestamp_ms,
    )


def told(findings: Iterator[Finding] | list[Finding], *kinds: str) -> Iterator[str]:
    """Findings of the independent checker, in words."""
    for finding in findings:
        if not kinds or finding.kind in kinds:
            yield f"{finding.kind}: {finding.subject}: {finding.detail}"
