"""Agent: applications, from submission to decision. Never awaits a bureau: it asks by event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agents.carry_out import carry_out, sync_timers
from agents.collect_debts import HISTORY, load_customer
from agents.keep_policies import CurrentPolicy
from agents.local_names import LocalName
from agents.own_history import own_history
from domain import acceptance
from domain.acceptance import (
    HISTORY_REQUESTED,
    ApplicationState,
    ChecksAnswered,
    HistoryAnswered,
    HistoryRequested,
    OwnHistory,
)
from domain.effects import Effect
from domain.events.applications import (
    ApplicationAmended,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from streams.codec import BadRecord, decode_input, key_text, pack, unwrap
from streams.core.logic import Context, Look, Timer
from streams.core.records import Record

TABLE = "applications"
Folded = tuple[ApplicationState | None, list[Effect]]
Model = TypeVar("Model", bound=BaseModel)


class DecideApplications:
    """Topics about applications; timers of applications (`a`)."""

    name = "decide_applications"
    topics: tuple[str, ...] = ("applications", "internal.check-answers", "internal.history")
    letters: tuple[str, ...] = ("a",)

    def __init__(self, policy: CurrentPolicy) -> None:
        self._policy = policy
        self._handlers: dict[str, Callable[[Record, Context], None]] = {
            "applications": self._on_application,
            "internal.check-answers": self._on_checks,
            "internal.history": self._on_history,
        }

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """The customer's history; the application's row is named in the value, read later."""
        return ((HISTORY, (record.key or b"").decode(errors="replace")),)

    def on_record(self, record: Record, ctx: Context) -> None:
        """An application's event, or an answer to one of our own questions."""
        self._handlers[record.topic](record, ctx)

    def on_timer(self, name: LocalName, timer: Timer, ctx: Context) -> None:
        """An amendment has waited long enough for its submission."""
        before = _load(ctx, name.key)
        folded = acceptance.fire(before, name.name, timer.due, self._policy.of(ctx), ctx.now)
        self._settle(ctx, name.key, before, folded, None)

    def on_look(self, name: LocalName, look: Look, ctx: Context) -> None:
        """Applications take no looks."""
        raise LookupError(f"no look of applications: {name}")

    def _on_application(self, record: Record, ctx: Context) -> None:
        envelope, data = decode_input(record.topic, record)
        if not isinstance(data, ApplicationSubmitted | ApplicationAmended | ApplicationWithdrawn):
            raise TypeError(f"{envelope.type} decoded to {type(data).__name__}")
        key = key_text(record)
        before = _load(ctx, data.application_id)
        folded = acceptance.apply(
            before,
            key,
            envelope,
            data,
            pack(record),
            self._policy.of(ctx),
            ctx.now,
            _own_history(ctx, key),
        )
        self._settle(ctx, data.application_id, before, folded, record)

    def _on_checks(self, record: Record, ctx: Context) -> None:
        answer = _internal(record, ChecksAnswered)
        before = _load(ctx, answer.application_id)
        own = _own_history(ctx, answer.key)
        folded = acceptance.on_checks(before, answer, self._policy.of(ctx), ctx.now, own)
        self._settle(ctx, answer.application_id, before, folded, record)

    def _on_history(self, record: Record, ctx: Context) -> None:
        """Asked about a customer of this partition, or answered about one of another."""
        envelope, _ = unwrap(record)
        if envelope.type == HISTORY_REQUESTED:
            request = _internal(record, HistoryRequested)
            history = _own_history(ctx, request.customer_id)
            answer = acceptance.answer_history(request, history)
            carry_out([answer], ctx, "a", request.application_id, record)
            return
        answered = _internal(record, HistoryAnswered)
        before = _load(ctx, answered.application_id)
        folded = acceptance.on_history(before, answered, self._policy.of(ctx), ctx.now)
        self._settle(ctx, answered.application_id, before, folded, record)

    def _settle(
        self,
        ctx: Context,
        application_id: str,
        before: ApplicationState | None,
        folded: tuple[ApplicationState | None, Sequence[Effect]],
        record: Record | None,
    ) -> None:
        after, effects = folded
        carry_out(effects, ctx, "a", application_id, record)
        if after is before:
            return
        timers = before.timers if before else {}
        if after is None:
            ctx.delete(TABLE, application_id)
            sync_timers(ctx, "a", application_id, timers, {})
            return
        ctx.put(TABLE, application_id, after.model_dump_json(exclude_defaults=True).encode())
        sync_timers(ctx, "a", application_id, timers, after.timers)


def _load(ctx: Context, application_id: str) -> ApplicationState | None:
    raw = ctx.get(TABLE, application_id)
    return None if raw is None else ApplicationState.model_validate_json(raw)


def _own_history(ctx: Context, customer_id: str) -> OwnHistory:
    state = load_customer(ctx, customer_id)
    return acceptance.UNKNOWN if state is None else own_history(state, ctx.now)


def _internal(record: Record, model: type[Model]) -> Model:
    """One of our own events. Raises BadRecord `invalid` where somebody else wrote on our topic."""
    _, raw = unwrap(record)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise BadRecord(
            "invalid", f"not a {model.__name__}: {error.error_count()} faults"
        ) from None
