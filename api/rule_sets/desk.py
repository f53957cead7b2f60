"""What people do with rule sets: write, check, submit, approve, put live, roll back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api.problems import not_found
from api.rule_sets import present
from api.rule_sets.counting import Batches, counted, limits
from api.rule_sets.present import InForce, all_in_force, known, shipped_version, stored_body
from connectors.postgres import rule_sets as rows
from connectors.postgres.pool import Pool
from connectors.postgres.rule_set_drafts import Drafts
from connectors.postgres.rule_set_life import Life, Shortcut
from connectors.postgres.rule_sets import Refused, StoredVersion
from domain.drafts import Body, body_of, check, document_of
from domain.impact.count import needs_confirmation, refusals
from domain.receivables.agreement import beside
from domain.rulesets import starting_of

Verdict = Literal["approve", "reject"]
Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and when by the business time."""

    name: str
    at: datetime


class Desk:
    """Every method raises Refused where the life of a version does not allow it."""

    def __init__(self, pool: Pool, batches: Batches) -> None:
        self._pool, self._batches = pool, batches
        self._drafts, self._life = Drafts(pool), Life(pool)

    async def begin(self, rule_set: str, body: Body, note: str, actor: Actor) -> StoredVersion:
        """A new draft over what is in force."""
        base = (await all_in_force(self._pool))[known(rule_set)].version
        made = await self._drafts.begin(
            rule_set, base, _text(rule_set, body), note, actor.name, actor.at
        )
        return await self.version(rule_set, made)

    async def save(
        self, rule_set: str, version_id: int, body: Body, note: str, actor: Actor
    ) -> StoredVersion:
        """Replace the text of one's own draft."""
        await self.version(rule_set, version_id)
        text = _text(rule_set, body)
        return await self._drafts.save(version_id, text, note, actor.name, actor.at)

    async def version(self, rule_set: str, version_id: int) -> StoredVersion:
        """A version or draft of this rule set. Raises Problem 404 where there is none."""
        found = await rows.by_id(self._pool, version_id)
        if found is None or found.rule_set != known(rule_set):
            raise not_found("version")
        return found

    async def check(self, rule_set: str, version_id: int, actor: Actor) -> StoredVersion:
        """Check one's own draft and keep the report; `checked` where it may be submitted."""
        one = await self.version(rule_set, version_id)
        if one.author != actor.name:
            raise Refused("not_yours", by=one.author)
        if one.state not in {"draft", "checked"}:
            raise Refused("not_a_draft", at=one.changed_at, version=one.version)
        report = await self.report_on(rule_set, stored_body(one), actor.at)
        sound = not report["faults"] and not report["refusals"]
        if not await self._drafts.note_report(one, report, sound=sound):
            raise Refused("changed_meanwhile")
        return await self.version(rule_set, version_id)

    async def report_on(self, rule_set: str, body: Body, now: datetime) -> Report:
        """Faults with their places, findings, and the count against what is in force."""
        found = check(rule_set, body)
        report: Report = {
            "checked_at": now.isoformat(),
            "faults": [{"place": one.place, "message": one.message} for one in found.faults],
            "findings": list(found.findings),
            "refusals": [],
            "impact": None,
            "confirm": None,
        }
        if found.rules is None:
            return report
        presents = await all_in_force(self._pool)
        report["findings"] += beside(found.rules, {key: one.rules for key, one in presents.items()})
        documents = {name: _document(one) for name, one in presents.items()}
        draft = {rule_set: document_of(rule_set, 1, "", body)}
        counts, of = await counted(self._pool, self._batches, documents, draft, now)
        report["impact"] = {
            **counts.model_dump(),
            "of": of,
            "horizon_days": limits().horizon_days,
            "against": presents[rule_set].version,
        }
        report["refusals"] = [one.model_dump() for one in refusals(counts, limits())]
        report["confirm"] = counts.changed if needs_confirmation(counts, limits()) else None
        return report

    async def submit(
        self,
        rule_set: str,
        version_id: int,
        actor: Actor,
        *,
        acknowledged: bool = False,
        confirmed: int | None = None,
    ) -> StoredVersion:
        """Give a checked draft its number. Findings are acknowledged, a large change confirmed."""
        one = await self.version(rule_set, version_id)
        report = one.report or {}
        if one.state == "checked" and report.get("findings") and not acknowledged:
            raise Refused("findings")
        if one.state == "checked" and report.get("confirm") not in (None, confirmed):
            raise Refused("confirm", version=report["confirm"])
        return await self._life.submit(
            version_id, shipped_version(rule_set), actor.name, actor.at, one.note
        )

    async def decide(
        self, rule_set: str, version_id: int, verdict: Verdict, comment: str, actor: Actor
    ) -> StoredVersion:
        """A second person approves or rejects, and says why."""
        await self.version(rule_set, version_id)
        if not comment.strip():
            raise Refused("comment_missing")
        return await self._life.decide(version_id, verdict, actor.name, actor.at, comment.strip())

    async def publish(self, rule_set: str, version_id: int, actor: Actor) -> StoredVersion:
        """Put an approved version live."""
        await self.version(rule_set, version_id)
        return await self._life.publish(version_id, shipped_version(rule_set), actor.name, actor.at)

    async def discard(self, rule_set: str, version_id: int, actor: Actor) -> StoredVersion:
        """End one's own draft."""
        await self.version(rule_set, version_id)
        return await self._drafts.discard(version_id, actor.name, actor.at)

    async def roll_back(
        self, rule_set: str, version: int, comment: str, actor: Actor
    ) -> StoredVersion:
        """The content of a version that was in force before, in force again: one step."""
        if not comment.strip():
            raise Refused("comment_missing")
        presents = await all_in_force(self._pool)
        if presents[known(rule_set)].version == version:
            raise Refused("in_force", version=version)
        wish = Shortcut(
            rule_set,
            await self._text_in_force_before(rule_set, version),
            note=comment.strip(),
            restores=version,
        )
        return await self._life.publish_at_once(
            wish, shipped_version(rule_set), actor.name, actor.at, comment.strip()
        )

    async def _text_in_force_before(self, rule_set: str, version: int) -> str:
        found = await rows.by_number(self._pool, rule_set, version)
        if found is not None and found.published_at is not None:
            if present.rules_of(found) is None:
                raise Refused("unreadable", version=version)
            return found.document
        if found is None and version == shipped_version(rule_set):
            return _text(rule_set, body_of(starting_of(present.shipped(), rule_set)))
        raise Refused("never_in_force", version=version)


def _text(rule_set: str, body: Body) -> str:
    """As it is stored: in the order of the model where it is sound, else as it was written."""
    rules = check(rule_set, body).rules
    tidy = body_of(rules) if rules is not None else body
    if rules is not None and check(rule_set, tidy).rules != rules:
        tidy = body
    return json.dumps(tidy, ensure_ascii=False)


def _document(one: InForce) -> bytes:
    return document_of(one.rule_set, one.version, "", one.body)
