"""Keeps the newest published version of each policy in every partition."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from agents.local_names import LocalName
from domain.policy import Policy
from streams.codec import BadRecord, key_text
from streams.core.logic import Context, Look, Timer
from streams.core.records import Record

TABLE = "policies"


class KeepPolicies:
    """Topic `policies`: the value is the policy itself; a lower version than ours is old news."""

    topics = ("policies",)
    letters: tuple[str, ...] = ()

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """The row of the policy."""
        return ((TABLE, (record.key or b"").decode(errors="replace")),)

    def on_record(self, record: Record, ctx: Context) -> None:
        """Take a valid, newer policy; anything else is a dead letter or nothing."""
        key = key_text(record)
        if record.value is None:
            raise BadRecord("invalid", "a policy is never deleted")
        try:
            policy = Policy.model_validate_json(record.value)
        except ValidationError as error:
            raise BadRecord("invalid", f"policy: {error.error_count()} faults") from None
        if policy.id != key:
            raise BadRecord("key_mismatch", "the key is not the policy's id")
        present = ctx.get(TABLE, key)
        if present is None or Policy.model_validate_json(present).version < policy.version:
            ctx.put(TABLE, key, record.value)

    def on_timer(self, name: LocalName, timer: Timer, ctx: Context) -> None:
        """Policies set no timers."""
        raise LookupError(f"no timer of policies: {name}")

    def on_look(self, name: LocalName, look: Look, ctx: Context) -> None:
        """Policies take no looks."""
        raise LookupError(f"no look of policies: {name}")
