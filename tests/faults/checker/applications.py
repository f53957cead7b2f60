"""Applications: one decision each, and one that the facts allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tests.faults.checker.evidence import Evidence, Finding
from tests.faults.checker.intake import Event
from tests.faults.checker.outputs import Outputs


def judge_applications(
    events: Iterable[Event], evidence: Evidence, outputs: Outputs
) -> Iterator[Finding]:
    """Every submitted application is decided, once for each version of it."""
    versions: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.entry.topic == "applications":
            versions[event.data["application_id"]].append(event)
    for application, found in versions.items():
        if not any(event.type == "application.submitted.v1" for event in found):
            continue
        yield from _judge_one(application, found, evidence, outputs)
    for application in set(outputs.decisions) - set(versions):
        yield Finding("wrong", application, "a decision about an unknown application")


def _judge_one(
    application: str, found: list[Event], evidence: Evidence, outputs: Outputs
) -> Iterator[Finding]:
    decisions = outputs.decisions.get(application, [])
    withdrawn = any(event.type == "application.withdrawn.v1" for event in found)
    if not decisions and not withdrawn:
        yield Finding("lost", application, "never decided")
        return
    ids = [decision["decision_id"] for decision in decisions]
    if len(ids) != len(set(ids)):
        yield Finding("sent twice", application, "a decision was published twice")
    elif len(ids) > sum(event.type != "application.withdrawn.v1" for event in found):
        yield Finding("sent twice", application, f"{len(ids)} decisions, {len(found)} events")
    for decision in decisions:
        yield from _judge_decision(application, decision)
        if len(found) == 1:
            yield from _judge_outcome(application, decision, found[0].data, evidence.answers)
    if evidence.applications.get(application) is None:
        yield Finding("lost", application, "no row of the application")


def _judge_decision(application: str, decision: dict[str, Any]) -> Iterator[Finding]:
    unanswered = [one for one in decision["checks"] if one["status"] in {"timeout", "error"}]
    if decision["machine_outcome"] == "accept" and (unanswered or decision["degraded"]):
        yield Finding("wrong", application, "accepted on the absence of an answer")
    if decision["machine_outcome"] == "reject" and not decision["reasons"]:
        yield Finding("wrong", application, "rejected without a reason")


def _judge_outcome(
    application: str, decision: dict[str, Any], data: dict[str, Any], answers: dict[str, Any]
) -> Iterator[Finding]:
    outcome, allowed = decision["machine_outcome"], {"accept", "reject", "refer"}
    name = data["applicant"].get("name") or {}
    answer = answers.get(str(name.get("family")))
    if not complete(data):
        allowed = {"rework"}
    elif decision["degraded"]:
        allowed = {"refer", "reject"}  # what was answered may suffice for a no, never for a yes
    elif answer is not None:
        allowed = {expected(answer)}
    if outcome not in allowed:
        yield Finding("wrong", application, f"{outcome}, allowed {sorted(allowed)}")


def expected(answer: dict[str, Any]) -> str:
    """Contract 4, the starting table, when every bureau gives the same answer."""
    if answer.get("fraud") or answer["score"] < 200:
        return "reject"
    return "refer" if answer["score"] <= 400 else "accept"


def complete(data: dict[str, Any]) -> bool:
    """Contract 4: what an application of its kind must hold."""
    applicant, product = data["applicant"], data["product"]
    base = applicant.get("name") and applicant.get("birth_date") and applicant.get("address")
    if not base or not (applicant.get("email") or applicant.get("mobile")):
        return False
    wanted = {
        "sim_only": [True],
        "device": [data.get("household"), product.get("device_credit")],
        "energy": [(data.get("attributes") or {}).get("meter_number")],
        "bnpl": [product.get("basket")],
    }[product["kind"]]
    return all(wanted)
