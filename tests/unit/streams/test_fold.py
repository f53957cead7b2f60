"""Folding a batch: order, determinism, dead letters, skipping what was applied."""

from __future__ import annotations

from itertools import cycle

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.config import LaneConfig
from streams.core.context import NoTick
from streams.core.fold import FoldResult, fold
from streams.core.logic import Look, Timer
from streams.core.memory import MemoryStore
from streams.core.records import Chunk, Output, Record
from streams.core.rows import Rows
from streams.core.timers import TimerQueue
from tests.unit.streams.toy import T0, Boom, Toy, add, at, chunk, record, tables, tick

Stores = dict[str, MemoryStore]


def run(
    toy: object,
    stores: Stores,
    *batch: Chunk,
    looks: tuple[Look, ...] = (),
    config: LaneConfig | None = None,
) -> FoldResult:
    return fold(toy, batch, Rows(stores), partition=0, looks=looks, config=config)  # type: ignore[arg-type]


def apply(stores: Stores, result: FoldResult) -> FoldResult:
    for table, rows in result.changes.items():
        stores[table].commit_rows(rows, 0)
    return result


def test_now_only_moves_forward() -> None:
    stores = tables()
    assert apply(stores, run(Toy(), stores, tick(0, at(5)), tick(1, at(3)))).now == at(5)
    assert run(Toy(), stores, tick(2, T0)).now == at(5)


def test_the_time_is_not_known_before_the_first_tick() -> None:
    class Asking(Toy):
        def on_record(self, record: Record, ctx: object) -> None:
            ctx.now  # type: ignore[attr-defined]  # noqa: B018

    with pytest.raises(NoTick):
        run(Asking(), tables(), chunk("invoices", 0, {"amount": 1}))


@pytest.mark.parametrize("value", [b"", b"{", b"{}", b'{"now": 3}', b'{"now": "2026-06-01T09:00"}'])
def test_a_tick_without_a_time_is_a_dead_letter(value: bytes) -> None:
    result = run(Toy(), tables(), Chunk("ticks", 0, (record("ticks", 0, value, None),), 1))
    assert [dict(output.headers)["dl_reason"] for output in result.outputs] == [b"bad_tick"]
    assert (result.now, result.positions) == (None, {"ticks": 1})


def test_a_tick_fires_what_is_due_before_later_records() -> None:
    toy = Toy()
    result = run(
        toy,
        tables(),
        tick(0, T0),
        chunk("invoices", 0, {"amount": 5, "due": 10}, {"amount": 5}),
        tick(1, at(10)),
        chunk("payments", 0, {"amount": 10}),
    )
    assert toy.seen == ["invoices:0", "invoices:1", "timer:remind|c", "payments:0"]
    assert result.requested_looks == ("remind|c",)
    assert result.next_due is None


def test_timers_fire_in_order_and_so_do_those_they_set() -> None:
    class Chain(Toy):
        def on_timer(self, timer: Timer, ctx: object) -> None:
            self.seen.append(timer.timer_id)
            if timer.timer_id == "a":
                ctx.set_timer(Timer("between", at(1.5)))  # type: ignore[attr-defined]
                ctx.set_timer(Timer("past", at(-100)))  # type: ignore[attr-defined]
                ctx.cancel_timer(Timer("c", at(3)))  # type: ignore[attr-defined]

    toy, stores = Chain(), tables()
    rows = Rows(stores)
    queue = TimerQueue(rows)
    for name, due in (("c", 3), ("b", 2), ("a", 1), ("d", 4), ("later", 9)):
        queue.set(Timer(name, at(due)))
    for table, changed in rows.changes().items():
        stores[table].commit_rows(changed, 0)
    result = run(toy, stores, tick(0, at(5)))
    assert toy.seen == ["a", "past", "between", "b", "d"]
    assert result.next_due == at(9)
    assert not result.more_due


def test_a_timer_due_when_it_is_set_fires_before_the_next_record() -> None:
    toy = Toy()
    run(toy, tables(), tick(0, T0), chunk("invoices", 0, {"amount": 1, "due": -5}, {"amount": 1}))
    assert toy.seen == ["invoices:0", "timer:remind|c", "invoices:1"]


def test_a_timer_between_two_milliseconds_waits_for_the_second() -> None:
    toy, stores = Toy(), tables()
    apply(
        stores,
        run(toy, stores, tick(0, T0), chunk("invoices", 0, {"amount": 1, "due": 0.0005})),
    )
    assert run(toy, stores, tick(1, at(0.0006))).requested_looks == ()
    assert run(toy, stores, tick(1, at(0.001))).requested_looks == ("remind|c",)


def test_timers_over_the_limit_hold_back_the_records_behind_them() -> None:
    toy, stores = Toy(), tables()
    setup = [chunk("invoices", i, {"amount": 1, "due": i}, key=f"c{i}") for i in range(5)]
    apply(stores, run(toy, stores, tick(0, at(-1)), *setup))
    toy.seen.clear()
    config = LaneConfig(timers_per_batch_max=2)
    later = chunk("payments", 0, {"amount": 1}, {"amount": 1})
    batch: tuple[Chunk, ...] = (tick(1, at(60)), later)
    rounds = 0
    while True:
        result = apply(stores, run(toy, stores, *batch, config=config))
        rounds += 1
        if not result.more_due:
            break
        assert result.rest == (later,)
        assert "payments" not in result.positions
        batch = result.rest
    assert rounds == 3
    assert toy.seen == [*(f"timer:remind|c{i}" for i in range(5)), "payments:0", "payments:1"]


def test_what_was_applied_is_skipped() -> None:
    toy, stores = Toy(), tables()
    first = chunk("invoices", 0, {"amount": 5}, {"amount": 5})
    apply(stores, run(toy, stores, tick(0, T0), first))
    again = chunk("invoices", 1, {"amount": 5}, {"amount": 5})
    result = apply(stores, run(toy, stores, again))
    assert toy.seen == ["invoices:0", "invoices:1", "invoices:2"]
    assert stores["balances"].get(b"c") == b"15"
    assert result.positions == {"invoices": 3}


def test_what_is_read_twice_in_one_batch_is_skipped() -> None:
    toy, stores = Toy(), tables()
    first = chunk("invoices", 0, {"amount": 5}, {"amount": 5})
    again = chunk("invoices", 1, {"amount": 5}, {"amount": 5})
    result = apply(stores, run(toy, stores, tick(0, T0), first, again))
    assert toy.seen == ["invoices:0", "invoices:1", "invoices:2"]
    assert stores["balances"].get(b"c") == b"15"
    assert result.positions == {"ticks": 1, "invoices": 3}


def test_a_position_may_lie_beyond_the_last_record() -> None:
    batch = Chunk("invoices", 0, (record("invoices", 3, {"amount": 1}),), 9)
    assert run(Toy(), tables(), batch).positions == {"invoices": 9}
    assert run(Toy(), tables(), Chunk("invoices", 0, (), 9)).positions == {"invoices": 9}
    assert run(Toy(), tables(), Chunk("invoices", 0, (), 9)).changes == {}


def test_a_dead_letter_is_the_record_as_it_came() -> None:
    came = Record("invoices", 0, 7, b"c", b"bad", (("ce_id", b"1"),), 5)
    result = run(Toy(), tables(), Chunk("invoices", 0, (came,), 8))
    (output,) = result.outputs
    assert (output.topic, output.key, output.value, output.partition) == (
        "dead-letters",
        b"c",
        b"bad",
        None,
    )
    assert output.headers == (
        ("ce_id", b"1"),
        ("dl_topic", b"invoices"),
        ("dl_partition", b"0"),
        ("dl_offset", b"7"),
        ("dl_reason", b"undecodable"),
        ("dl_detail", b"not JSON"),
    )
    assert result.dead == (True,)
    assert list(result.changes) == ["engine"]


def test_an_unexpected_error_propagates_and_writes_nothing() -> None:
    stores = tables()
    with pytest.raises(Boom):
        run(Toy(), stores, chunk("invoices", 0, {"amount": 1}, b"boom"))
    assert all(store.items() == [] for store in stores.values())


def test_a_look_is_decided_after_the_records_of_its_batch() -> None:
    toy, stores = Toy(), tables()
    apply(stores, run(toy, stores, tick(0, T0), chunk("invoices", 0, {"amount": 5, "due": 0})))
    assert stores["engine"].get(b"look|remind|c") is not None
    look = Look("remind|c", (("payments", 0),))
    paid = run(toy, stores, chunk("payments", 0, {"amount": 5}), looks=(look,))
    assert (paid.outputs, paid.decided_looks) == ((), ("remind|c",))
    unpaid = run(toy, stores, looks=(look,))
    said = orjson.loads(unpaid.outputs[0].value or b"")
    assert (said["balance"], said["look"]) == (5, {"payments": 0})
    assert unpaid.changes["engine"] == {b"look|remind|c": None}


def test_a_look_asked_for_again_waits_for_new_end_offsets() -> None:
    toy, stores = Toy(), tables()
    apply(stores, run(toy, stores, tick(0, T0), chunk("invoices", 0, {"amount": 5, "due": 0})))
    result = run(
        toy,
        stores,
        chunk("invoices", 1, {"amount": 5, "due": 0}),
        looks=(Look("remind|c", (("payments", 0),)),),
    )
    assert (result.requested_looks, result.decided_looks, result.outputs) == (("remind|c",), (), ())


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("ticks"), st.integers(-5, 30)),
        st.tuples(
            st.just("invoices"), st.integers(1, 9), st.integers(-5, 30), st.sampled_from("xyz")
        ),
        st.tuples(st.just("payments"), st.integers(1, 9), st.none(), st.sampled_from("xyz")),
    ),
    max_size=25,
)


def chunks_of(events: list[tuple]) -> list[Chunk]:  # type: ignore[type-arg]
    offsets: dict[str, int] = {}
    made = [tick(0, T0)]
    offsets["ticks"] = 1
    for event in events:
        topic = event[0]
        offset = offsets.get(topic, 0)
        offsets[topic] = offset + 1
        if topic == "ticks":
            made.append(tick(offset, at(event[1])))
        else:
            _, amount, due, key = event
            data = {"amount": amount} | ({} if due is None else {"due": due})
            made.append(chunk(topic, offset, data, key=key))
    return made


class Telling(Toy):
    """Says everything it is told, so that the outputs show the order."""

    def on_record(self, record: Record, ctx: object) -> None:
        super().on_record(record, ctx)  # type: ignore[arg-type]
        ctx.emit(Output("told", record.key, self.seen[-1].encode()))  # type: ignore[attr-defined]

    def on_timer(self, timer: Timer, ctx: object) -> None:
        ctx.emit(  # type: ignore[attr-defined]
            Output("told", b"t", f"{timer.timer_id} {ctx.now}".encode())  # type: ignore[attr-defined]
        )
        add(ctx, timer.timer_id, 1)  # type: ignore[arg-type]


@given(EVENTS)
def test_the_same_batch_on_the_same_rows_gives_the_same_bytes(events: list[tuple]) -> None:  # type: ignore[type-arg]
    batch = chunks_of(events)
    assert run(Telling(), tables(), *batch) == run(Telling(), tables(), *batch)


@given(EVENTS, st.lists(st.integers(1, 5), min_size=1, max_size=8), st.integers(1, 3))
def test_where_batches_are_cut_makes_no_difference(
    events: list[tuple],  # type: ignore[type-arg]
    cuts: list[int],
    timers_max: int,
) -> None:
    whole, stores = tables(), tables()
    batch = chunks_of(events)
    expected = apply(whole, run(Telling(), whole, *batch)).outputs
    outputs: list[Output] = []
    waiting = tuple(batch)
    more_due = False
    for cut in cycle(cuts):
        if not (waiting or more_due):
            break
        config = LaneConfig(timers_per_batch_max=timers_max)
        result = apply(stores, run(Telling(), stores, *waiting[:cut], config=config))
        outputs += result.outputs
        waiting = (*result.rest, *waiting[cut:])
        more_due = result.more_due
    assert tuple(outputs) == expected
    assert {name: store.items() for name, store in stores.items()} == {
        name: store.items() for name, store in whole.items()
    }
