"""What is in force: the published version of each rule set over the one that was shipped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from api.problems import not_found
from connectors.postgres import rule_sets as rows
from connectors.postgres.pool import Pool
from connectors.postgres.rule_sets import Published, StoredVersion
from domain.collections.policy import CollectionsPolicy, load_policy
from domain.drafts import Body, body_of, check
from domain.policy.ruleset import RuleSet
from domain.rulesets import RULE_SETS, replaced, starting_of


@dataclass(frozen=True, slots=True)
class InForce:
    """`row` None: as shipped with this release."""

    rule_set: str
    rules: RuleSet
    row: StoredVersion | None

    @property
    def version(self) -> int:
        """Its number."""
        return self.rules.version

    @property
    def since(self) -> datetime | None:
        """When it was put live; None: always."""
        return self.row.published_at if self.row else None

    @property
    def by(self) -> str | None:
        """Who put it live."""
        return self.row.published_by if self.row else None

    @property
    def body(self) -> Body:
        """Its text as people edit it."""
        return stored_body(self.row) if self.row else body_of(self.rules)


@cache
def shipped() -> CollectionsPolicy:
    """The rule sets of this release. Links are never built from it."""
    return load_policy("https://rules.invalid/pay", "nothing-is-ever-signed-with-this-secret")


def shipped_version(rule_set: str) -> int:
    """The number of the version that this release brings."""
    return starting_of(shipped(), rule_set).version


def known(rule_set: str) -> str:
    """The id itself. Raises Problem 404 for one there is not."""
    if rule_set not in RULE_SETS:
        raise not_found("rule set")
    return rule_set


@dataclass(frozen=True, slots=True)
class _Assembled:
    """What was in force at the last request, parsed: a published document never changes."""

    of: tuple[Published, ...]
    sets: dict[str, InForce]
    policy: CollectionsPolicy


class _Latest:
    """Only what is in force now is kept, so that it can't grow. A process has one database."""

    def __init__(self) -> None:
        self._kept: _Assembled | None = None

    async def get(self, pool: Pool) -> _Assembled:
        """Asks which versions are in force, and reads those documents that are not known yet."""
        of, kept = tuple(await rows.published(pool)), self._kept
        if kept is not None and kept.of == of:
            return kept
        same = set(kept.of).intersection(of) if kept is not None else set()
        sets = {one.rule_set: kept.sets.get(one.rule_set) for one in same} if kept else {}
        unknown = [one.version_id for one in of if one not in same]
        for row in await rows.by_ids(pool, unknown) if unknown else ():
            if row.rule_set in RULE_SETS:
                sets[row.rule_set] = _in_force(row.rule_set, row)
        every = {name: sets.get(name) or _in_force(name, None) for name in RULE_SETS}
        policy = replaced(shipped(), {name: one.rules for name, one in every.items()})
        self._kept = _Assembled(of, every, policy)
        return self._kept


_LATEST = _Latest()


async def all_in_force(pool: Pool) -> dict[str, InForce]:
    """Every rule set, in the order of the registry."""
    return dict((await _LATEST.get(pool)).sets)


async def policy_in_force(pool: Pool) -> CollectionsPolicy:
    """All of them together, as the workers have it."""
    return (await _LATEST.get(pool)).policy


def _in_force(rule_set: str, row: StoredVersion | None) -> InForce:
    start = starting_of(shipped(), rule_set)
    if row is None or (row.version or 0) <= start.version:
        return InForce(rule_set, start, None)
    rules = rules_of(row)
    # What this release can't read any more the workers don't have either.
    return InForce(rule_set, rules, row) if rules is not None else InForce(rule_set, start, None)


def stored_body(row: StoredVersion) -> Body:
    """The document of a version or draft."""
    body: Body = json.loads(row.document)
    return body


def rules_of(row: StoredVersion) -> RuleSet | None:
    """The rules of a version; None where they are not sound."""
    rules = check(row.rule_set, stored_body(row)).rules
    changes = {"version": row.version or 1, "note": row.note}
    return rules.model_copy(update=changes) if rules is not None else None
