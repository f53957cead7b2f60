"""Rule sets, versions and drafts as the API shows them and pages take them."""

from __future__ import annotations

from typing import Any

from api.rule_sets.present import InForce, stored_body
from api.services import Json
from connectors.postgres.rule_sets import StoredVersion
from domain.drafts import document_of
from domain.policy.difference import Change, changes


def in_force_view(one: InForce, waiting: int, *, reaching: bool) -> Json:
    """A rule set with its document. `reaching`: the log does not have it yet."""
    return {
        "id": one.rule_set,
        "version": one.version,
        "since": one.since,
        "by": one.by,
        "note": one.rules.note,
        "waiting": waiting,
        "reaching": reaching,
        "findings": one.rules.findings(),
    }


def version_view(one: StoredVersion) -> Json:
    """A version or draft, without its document."""
    return {
        "draft": one.version_id,
        "rule_set": one.rule_set,
        "version": one.version,
        "base_version": one.base_version,
        "state": one.state,
        "note": one.note,
        "author": one.author,
        "origin": one.origin,
        "restores": one.restores,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "submitted_at": one.submitted_at,
        "published_at": one.published_at,
        "published_by": one.published_by,
    }


def draft_view(one: StoredVersion, base: InForce, approvals: list[dict[str, Any]]) -> Json:
    """With what changed against what is in force, what the check found and who approved."""
    view = version_view(one)
    view["report"] = one.report
    view["approvals"] = approvals
    view["overtaken"] = is_overtaken(one, base)
    view["changes"] = [
        {"place": change.place, "before": change.before, "after": change.after}
        for change in changed(one, base)
    ]
    view["document"] = stored_body(one)
    return view


def is_overtaken(one: StoredVersion, base: InForce) -> bool:
    """Whether something else went live since it was begun."""
    on_its_way = one.state in {"draft", "checked", "submitted", "approved"}
    return on_its_way and one.base_version != base.version


def changed(one: StoredVersion, base: InForce) -> list[Change]:
    """Cell by cell, against what is in force."""
    return changes(base.body, stored_body(one))


def whole_document(one: InForce) -> bytes:
    """As it is published."""
    return document_of(one.rule_set, one.version, one.rules.note, one.body)
