"""Agent: everything that concerns what a customer owes. Joins customer history and fee status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from agents.carry_out import carry_out, sync_timers
from agents.current_rules import CurrentRules
from agents.local_names import LocalName
from agents.parsed_rows import ParsedRows
from domain.collections import rules as collections
from domain.collections.state import CustomerState
from domain.effects import Effect
from domain.events.outputs import LastLook
from domain.fees.evaluation import concerns, evaluate
from domain.fees.state import FeeState
from streams.codec import decode_input, key_text, pack
from streams.core.logic import Context, Look, Timer
from streams.core.records import Record

HISTORY = "customer_history"
FEES = "fee_status"
_CUSTOMERS = ParsedRows(CustomerState)
_FEES = ParsedRows(FeeState)


class CollectDebts:
    """Topics about debts; timers and looks of customers (`c`) and of their fee status (`f`)."""

    name = "collect_debts"
    topics: tuple[str, ...] = (
        "customers",
        "invoices",
        "payments",
        "failed-direct-debits",
        "interactions",
    )
    letters: tuple[str, ...] = ("c", "f")

    def __init__(self, rules: CurrentRules) -> None:
        self.rules = rules

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """The customer's history and fee status."""
        key = (record.key or b"").decode(errors="replace")
        return ((HISTORY, key), (FEES, key))

    def on_record(self, record: Record, ctx: Context) -> None:
        """Decode, fold into the customer's row, carry out what follows."""
        envelope, data = decode_input(record.topic, record)
        key = key_text(record)
        state = load_customer(ctx, key)
        after, effects = collections.apply(
            state, key, envelope, data, partial(pack, record), self.rules.of(ctx), ctx.now
        )
        self._settle(ctx, key, state, after, effects, record)

    def on_timer(self, name: LocalName, timer: Timer, ctx: Context) -> None:
        """A step, an orphan's deadline, a provisional payment's end; or a fee boundary."""
        state = load_customer(ctx, name.key)
        if state is None:
            raise LookupError(f"timer {name.name} of a customer without a row")
        if name.part == "f":
            self._evaluate_fees(ctx, name.key, state)
            return
        after, effects = collections.fire(state, name.name, timer.due, self.rules.of(ctx), ctx.now)
        self._settle(ctx, name.key, state, after, effects, None)

    def on_look(self, name: LocalName, look: Look, ctx: Context) -> None:
        """The log has been read to its end: decide the reminder."""
        state = load_customer(ctx, name.key)
        if state is None:
            raise LookupError(f"look {name.name} of a customer without a row")
        offsets = tuple(
            LastLook(topic=topic, partition=ctx.partition, end_offset=end)
            for topic, end in look.end_offsets
        )
        after, effects = collections.look(state, name.name, offsets, self.rules.of(ctx), ctx.now)
        self._settle(ctx, name.key, state, after, effects, None)

    def _settle(
        self,
        ctx: Context,
        key: str,
        before: CustomerState | None,
        after: CustomerState,
        effects: Sequence[Effect],
        record: Record | None,
    ) -> None:
        carry_out(effects, ctx, "c", key, record)
        if after is before or (before is None and after.is_empty):
            return  # refused: no row comes into being for it
        row = after.model_dump_json(exclude_defaults=True).encode()
        ctx.put(HISTORY, key, row)
        _CUSTOMERS.remember(row, after)
        sync_timers(ctx, "c", key, before.timers if before else {}, after.timers)
        if concerns(before, after):
            self._evaluate_fees(ctx, key, after)

    def _evaluate_fees(self, ctx: Context, key: str, customer: CustomerState) -> None:
        raw = ctx.get(FEES, key)
        before = None if raw is None else _FEES.parse(raw)
        after, effects = evaluate(before, customer, self.rules.of(ctx), ctx.now)
        carry_out(effects, ctx, "f", key, None)
        if after is None or after == before:
            return
        row = after.model_dump_json().encode()  # the live row shows every field
        ctx.put(FEES, key, row)
        _FEES.remember(row, after)
        sync_timers(ctx, "f", key, before.timers if before else {}, after.timers)


def load_customer(ctx: Context, key: str) -> CustomerState | None:
    """The customer's row, None for one never heard of."""
    raw = ctx.get(HISTORY, key)
    return None if raw is None else _CUSTOMERS.parse(raw)
