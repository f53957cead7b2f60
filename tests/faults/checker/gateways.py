"""What left the house: each message once, nothing that was never asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from tests.faults.checker.evidence import GATEWAYS, Evidence, Finding, instant
from tests.faults.checker.outputs import Message, Outputs


def judge_gateways(
    evidence: Evidence, outputs: Outputs, ended: datetime, reopened: AbstractSet[str] = frozenset()
) -> Iterator[Finding]:
    """Compare the topics of messages with what the gateways accepted.

    `reopened`: customers who may be told the same again, because their debt came back.
    """
    asked = {message.id: message for message in outputs.messages}
    accepted = Counter(one.message_id for one in evidence.received)
    channels: dict[str, set[str]] = defaultdict(set)
    for one in evidence.received:
        channels[one.message_id].add(one.channel)
    for message_id, times in accepted.items():
        if times > 1:
            yield Finding("sent twice", message_id, f"accepted {times} times")
        if message_id not in asked:
            yield Finding("wrong", message_id, "accepted, but no committed record asked for it")
        elif channels[message_id] != {asked[message_id].channel}:
            yield Finding("wrong", message_id, f"left through {sorted(channels[message_id])}")
    once = {key: one for key, one in asked.items() if one.customer not in reopened}
    yield from _same_words_twice(once, accepted)
    for message in outputs.messages:
        if _must_arrive(message, evidence, outputs, ended) and not accepted[message.id]:
            yield Finding("lost", message.id, f"{message.channel} never saw it")


def _same_words_twice(asked: dict[str, Message], accepted: Counter[str]) -> Iterator[Finding]:
    """One message id asked for twice is a repetition; with other content it is a defect."""
    seen: dict[tuple[str, str, object], str] = {}
    for message_id in accepted:
        message = asked.get(message_id)
        if message is None:
            continue
        key = message.kind, message.cause, (message.channel, message.data.get("step"))
        first = seen.setdefault(key, message_id)
        if first != message_id:
            yield Finding("sent twice", message_id, f"says what {first} said: {message.kind}")


def _must_arrive(message: Message, evidence: Evidence, outputs: Outputs, ended: datetime) -> bool:
    return (
        message.channel in GATEWAYS
        and message.id not in outputs.withdrawn
        and message.id not in evidence.unknown
        and instant(message.data["not_after"]) > ended
    )
