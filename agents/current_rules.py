"""The rule sets of collections in force in a partition: published ones over the starting ones."""

from __future__ import annotations

import orjson

from agents.keep_policies import TABLE, VERSIONS
from domain.collections.policy import CollectionsPolicy
from domain.policy.ruleset import RuleSet
from domain.rulesets import RULE_SETS, parse, replaced, starting_of
from streams.core.logic import Context


class CurrentRules:
    """Assembled policies are kept by the row of versions: a cache of a pure function, bounded.

    A published version counts only above the starting one: an upgrade that ships a newer start
    is not undone by what was published before it.
    """

    _KEPT_MAX = 8

    def __init__(self, starting: CollectionsPolicy) -> None:
        self.starting = starting
        self._assembled: dict[bytes, CollectionsPolicy] = {}

    def of(self, ctx: Context) -> CollectionsPolicy:
        """The policy that holds in `ctx`'s partition now."""
        versions = ctx.get(TABLE, VERSIONS)
        if versions is None:
            return self.starting
        policy = self._assembled.get(versions)
        if policy is None:
            if len(self._assembled) >= self._KEPT_MAX:
                self._assembled.clear()
            policy = self._assembled[versions] = self._assemble(versions, ctx)
        return policy

    def _assemble(self, versions: bytes, ctx: Context) -> CollectionsPolicy:
        newer: dict[str, RuleSet] = {}
        for name in orjson.loads(versions):
            document = ctx.get(TABLE, name)
            if name not in RULE_SETS or document is None:
                continue
            try:
                found = parse(name, document)
            except ValueError:
                # An earlier release kept what this one finds unsound: the starting rules hold.
                continue
            if found.version > starting_of(self.starting, name).version:
                newer[name] = found
        return replaced(self.starting, newer)
