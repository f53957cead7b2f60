"""A refused record leaves a dead letter and nothing else, wherever its handling had come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.config import LaneConfig
from streams.core.dead_letters import CARRIED_BYTES_MAX, dead_letter
from streams.core.fold import FoldResult, fold
from streams.core.logic import Context, Look, Refused, Timer
from streams.core.memory import MemoryStore
from streams.core.records import Chunk, Output, Record
from streams.core.rows import Rows
from tests.unit.streams.toy import T0, Toy, add, at, chunk, tables, tick

CONFIG = LaneConfig(output_bytes_max=300, row_bytes_max=200)


class Thorough(Toy):
    """Does everything a logic may do, then what the record's value asks for."""

    def on_record(self, record: Record, ctx: Context) -> None:
        add(ctx, "c", 1)
        add(ctx, f"new{record.offset}", 1)
        ctx.set_timer(Timer("soon", at(1 + record.offset)))
        ctx.cancel_timer(Timer("stored", at(50)))
        ctx.request_look("now")
        ctx.request_look(f"look{record.offset}")
        ctx.emit(Output("messages", b"c", b"said"))
        ctx.dead_letter(record, "another", "one")
        if record.value == b"refuse":
            raise Refused("no", "as asked for")
        if record.value == b"output":
            ctx.emit(Output("messages", b"c", b"x" * 400))
        if record.value == b"row":
            ctx.put("balances", "c", b"x" * 400)

    def on_timer(self, timer: Timer, ctx: Context) -> None:
        add(ctx, "timers", 1)
        ctx.emit(Output("messages", b"c", b"x" * 400))

    def on_look(self, look: Look, ctx: Context) -> None:
        ctx.put("balances", "looks", b"x" * 400)


def run(stores: dict[str, MemoryStore], *batch: Chunk, looks: tuple[Look, ...] = ()) -> FoldResult:
    return fold(Thorough(), batch, Rows(stores), partition=0, looks=looks, config=CONFIG)


def reasons(result: FoldResult) -> list[str]:
    found = [dict(output.headers).get("dl_reason") for output in result.outputs]
    return [reason.decode() if reason else "-" for reason in found]


def apply(stores: dict[str, MemoryStore], result: FoldResult) -> None:
    for table, rows in result.changes.items():
        stores[table].commit_rows(rows, 0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"refuse", "no"), (b"output", "too_large_output"), (b"row", "too_large_row")],
)
def test_everything_a_refused_record_did_is_undone(value: bytes, reason: str) -> None:
    """Before and after it, others' work on the same rows stays."""
    with_it, without = tables(), tables()
    for stores in (with_it, without):
        setting = run(stores, tick(0, T0))
        apply(stores, setting)
    refused = run(with_it, chunk("invoices", 0, b"", value, b""))
    plain = run(without, Chunk("invoices", 0, chunk("invoices", 0, b"", b"?", b"").records[::2], 3))
    assert reasons(refused) == ["-", "another", reason, "-", "another"]
    assert refused.dead == (True, True, True)
    kept = {name: rows for name, rows in refused.changes.items() if name != "engine"}
    assert kept == {name: rows for name, rows in plain.changes.items() if name != "engine"}
    assert refused.requested_looks == plain.requested_looks == ("now", "look0", "look2")
    assert (refused.next_due, refused.positions) == (plain.next_due, plain.positions)


def test_a_timer_and_a_look_that_are_refused_leave_a_dead_letter_too() -> None:
    """They have no record, so the row that called for them stands in its place."""
    stores = tables()
    apply(stores, run(stores, tick(0, T0), chunk("invoices", 0, b"")))
    result = run(stores, tick(1, at(5)), looks=(Look("look0", (("payments", 0),)),))
    about = [dict(output.headers) for output in result.outputs]
    assert [(a["dl_topic"], a["dl_reason"]) for a in about] == [
        (b"timers", b"too_large_output"),
        (b"engine", b"too_large_row"),
    ]
    assert [output.key for output in result.outputs] == [b"soon", b"look|look0"]
    assert result.changes["timers"] == {b"001780304401000|soon": None}
    assert "balances" not in result.changes
    assert result.decided_looks == ("look0",)
    assert result.dead == ()  # the budget counts records


def test_a_dead_letter_that_would_not_fit_is_cut() -> None:
    """Compressed, a broker takes inputs that are far larger than what we may write."""
    whole = Record("payments", 1, 7, b"k", b"x" * 900_000, (("ce_id", b"1"),))
    assert dead_letter("dead-letters", whole, "r", "d").value == whole.value
    large = Record("payments", 1, 7, b"k", b"x" * 50_000_000, (("ce_id", b"1"),))
    output = dead_letter("dead-letters", large, "r", "d")
    assert (output.key, len(output.value or b""), output.partition) == (b"k", 1_000_000, None)
    assert dict(output.headers)["dl_cut"] == b"50000054"
    assert dict(output.headers)["ce_id"] == b"1"
    worst = Record("payments", 1, 7, b"k" * 9_000_000, None, (("h", b"x"),) * 500_000)
    output = dead_letter("dead-letters", worst, "r", "d")
    assert (output.key, output.value, output.partition) == (None, None, 1)
    assert len(output.headers) == 6
    assert CARRIED_BYTES_MAX < 8_000_000


KEYS = st.sampled_from("abcdef")
WRITES = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.binary(min_size=1, max_size=2))))


@given(st.dictionaries(KEYS, st.binary(min_size=1, max_size=2)), WRITES, WRITES, st.booleans())
def test_rolled_back_rows_are_as_they_were(
    before: dict[str, bytes],
    kept: list[tuple[str, bytes | None]],
    undone: list[tuple[str, bytes | None]],
    scanned: bool,
) -> None:
    store = MemoryStore()
    store.commit_rows({key.encode(): row for key, row in before.items()}, 0)
    rows, expected = Rows({"t": store}), Rows({"t": store})
    for table in (rows, expected):
        _write(table, kept)
        if scanned:
            table.scan("t", b"", b"z", 1)
    rows.savepoint()
    _write(rows, undone)
    rows.rollback()
    for key in "abcdef":
        assert rows.get("t", key) == expected.get("t", key)
    for start, limit in ((b"", 9), (b"c", 2)):
        assert rows.scan("t", start, b"z", limit) == expected.scan("t", start, b"z", limit)
    assert rows.changes() == expected.changes()
    rows.rollback()
    assert rows.changes() == expected.changes()


def _write(rows: Rows, writes: list[tuple[str, bytes | None]]) -> None:
    for key, row in writes:
        if row is None:
            rows.delete("t", key)
        else:
            rows.put("t", key, row)
