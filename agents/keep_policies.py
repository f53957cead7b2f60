"""Agent: keeps the newest published version of every policy and rule set in every partition."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from agents.local_names import LocalName
from domain.acceptance import POLICY_ID, AcceptancePolicy
from domain.rulesets import RULE_SETS, parse
from streams.codec import BadRecord, key_text
from streams.core.logic import Context, Look, Timer
from streams.core.records import Record

TABLE = "policies"
#: The row that names the version of every rule set of collections: one read tells of a change.
VERSIONS = "collections"


class KeepPolicies:
    """Topic `policies`: the value is the document itself; a version not above ours is old news."""

    name = "keep_policies"
    topics: tuple[str, ...] = ("policies",)
    letters: tuple[str, ...] = ()

    def rows_of(self, record: Record) -> Iterable[tuple[str, str]]:
        """The row of the policy."""
        return ((TABLE, (record.key or b"").decode(errors="replace")),)

    def on_record(self, record: Record, ctx: Context) -> None:
        """Take a sound, newer policy; anything unsound is a dead letter."""
        name = key_text(record)
        if name != POLICY_ID and name not in RULE_SETS:
            known = ", ".join(sorted((POLICY_ID, *RULE_SETS)))
            raise BadRecord("key_mismatch", f"no policy {name!r}: there are {known}")
        if record.value is None:
            raise BadRecord("invalid", "a policy is replaced, never deleted")
        try:
            version = _version_of(name, record.value)
        except ValueError as error:
            raise BadRecord("invalid", f"not a sound policy: {str(error)[:300]}") from None
        present = ctx.get(TABLE, name)
        if present is not None and _kept_version(name, present) >= version:
            return
        ctx.put(TABLE, name, record.value)
        if name in RULE_SETS:
            versions = orjson.loads(ctx.get(TABLE, VERSIONS) or b"{}") | {name: version}
            ctx.put(TABLE, VERSIONS, orjson.dumps(versions, option=orjson.OPT_SORT_KEYS))

    def on_timer(self, name: LocalName, timer: Timer, ctx: Context) -> None:
        """Policies set no timers."""
        raise LookupError(f"no timer of policies: {name}")

    def on_look(self, name: LocalName, look: Look, ctx: Context) -> None:
        """Policies take no looks."""
        raise LookupError(f"no look of policies: {name}")


def _version_of(name: str, document: bytes) -> int:
    """ValueError for a document that is not sound."""
    if name == POLICY_ID:
        return AcceptancePolicy.parse(document).ref.version
    return parse(name, document).version


def _kept_version(name: str, document: bytes) -> int:
    """0 where an earlier release has kept what this one finds unsound: anything sound is newer."""
    try:
        return _version_of(name, document)
    except ValueError:
        return 0


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
