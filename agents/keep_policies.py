"""Agent: keeps the newest published acceptance policy in every partition."""

from __future__ import annotations

from collections.abc import Iterable

from agents.local_names import LocalName
from domain.acceptance import POLICY_ID, AcceptancePolicy
from streams.codec import BadRecord, key_text
from streams.core.logic import Context, Look, Timer
from streams.core.records import Record

TABLE = "policies"


class KeepPolicies:
    """Topic `policies`: the value is the document itself; a version not above ours is old news."""

    name = "keep_policies"
    topics: tuple[str, ...] = ("policies",)
    letters: tuple[str, ...] = ()

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """The row of the policy."""
        return ((TABLE, POLICY_ID),)

    def on_record(self, record: Record, ctx: Context) -> None:
        """Take a sound, newer policy; anything unsound is a dead letter."""
        if key_text(record) != POLICY_ID:
            raise BadRecord("key_mismatch", f"the only policy so far is {POLICY_ID!r}")
        if record.value is None:
            raise BadRecord("invalid", "a policy is replaced, never deleted")
        try:
            policy = AcceptancePolicy.parse(record.value)
        except ValueError as error:
            raise BadRecord("invalid", f"not a sound policy: {str(error)[:300]}") from None
        present = ctx.get(TABLE, POLICY_ID)
        if present is None or AcceptancePolicy.parse(present).ref.version < policy.ref.version:
            ctx.put(TABLE, POLICY_ID, record.value)

    def on_timer(self, name: LocalName, timer: Timer, ctx: Context) -> None:
        """Policies set no timers."""
        raise LookupError(f"no timer of policies: {name}")

    def on_look(self, name: LocalName, look: Look, ctx: Context) -> None:
        """Policies take no looks."""
        raise LookupError(f"no look of policies: {name}")


class CurrentPolicy:
    """The policy in force in a partition: the row's, or the starting one before any came.

    Compiled forms are kept by their bytes: a cache of a pure function, bounded to a few versions.
    """

    _KEPT_MAX = 8

    def __init__(self) -> None:
        self._starting = AcceptancePolicy.starting()
        self._compiled: dict[bytes, AcceptancePolicy] = {}

    def of(self, ctx: Context) -> AcceptancePolicy:
        """The policy that decides in `ctx`'s partition now."""
        raw = ctx.get(TABLE, POLICY_ID)
        if raw is None:
            return self._starting
        policy = self._compiled.get(raw)
        if policy is None:
            if len(self._compiled) >= self._KEPT_MAX:
                self._compiled.clear()
            policy = self._compiled[raw] = AcceptancePolicy.parse(raw)
        return policy
