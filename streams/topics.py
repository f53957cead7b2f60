"""Every topic Dunnock uses, with its configuration. The event contract fixes the names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CUSTOMERS = "customers"
INVOICES = "invoices"
PAYMENTS = "payments"
FAILED_DIRECT_DEBITS = "failed-direct-debits"
APPLICATIONS = "applications"
INTERACTIONS = "interactions"

DECISIONS = "decisions"
MESSAGES_SMS = "messages.sms"
MESSAGES_PUSH = "messages.push"
MESSAGES_EMAIL = "messages.email"
MESSAGES_LETTER = "messages.letter"
FEE_STATUS = "fee-status"
CASES = "cases"
OVERDUE_STATES = "overdue-states"
ARRANGEMENTS = "arrangements"
HAND_OVERS = "hand-overs"
DIRECT_DEBITS = "direct-debits"
DEAD_LETTERS = "dead-letters"

TICKS = "ticks"
POLICIES = "policies"
CHECK_REQUESTS = "internal.check-requests"
CHECK_ANSWERS = "internal.check-answers"
HISTORY = "internal.history"

#: What the last look of a reminder waits for.
LOOK_TOPICS = (PAYMENTS, INVOICES, CUSTOMERS, INTERACTIONS)

DAY_MS = 24 * 60 * 60 * 1000
#: How long deleted rows stay visible in a changelog. A local store that is older starts afresh.
TOMBSTONE_RETENTION_MS = 7 * DAY_MS
#: A record that is as large as the broker allows must still fit with its dead letter headers.
LARGE_MESSAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic: its plain name (no prefix) and what differs from the broker's defaults."""

    name: str
    retention_days: int = 30
    compact: bool = False
    large: bool = False

    def config(self, replication_factor: int) -> dict[str, str]:
        """Topic configuration for the broker."""
        config = {"message.timestamp.type": "CreateTime"}
        if self.compact:
            config["cleanup.policy"] = "compact"
            config["delete.retention.ms"] = str(TOMBSTONE_RETENTION_MS)
            config["min.cleanable.dirty.ratio"] = "0.3"
        else:
            config["cleanup.policy"] = "delete"
            config["retention.ms"] = str(self.retention_days * DAY_MS)
        if self.large:
            config["max.message.bytes"] = str(LARGE_MESSAGE_BYTES)
        if replication_factor >= 3:
            config["min.insync.replicas"] = "2"
        return config


IN_TOPICS = (
    TopicSpec(CUSTOMERS),
    TopicSpec(INVOICES),
    TopicSpec(PAYMENTS),
    TopicSpec(FAILED_DIRECT_DEBITS),
    TopicSpec(APPLICATIONS),
    TopicSpec(INTERACTIONS),
)
OUT_TOPICS = (
    TopicSpec(DECISIONS),
    TopicSpec(MESSAGES_SMS),
    TopicSpec(MESSAGES_PUSH),
    TopicSpec(MESSAGES_EMAIL),
    TopicSpec(MESSAGES_LETTER),
    TopicSpec(FEE_STATUS),
    TopicSpec(CASES),
    TopicSpec(OVERDUE_STATES),
    TopicSpec(ARRANGEMENTS),
    TopicSpec(HAND_OVERS),
    TopicSpec(DIRECT_DEBITS),
    TopicSpec(DEAD_LETTERS, retention_days=90, large=True),
)
INTERNAL_TOPICS = (
    TopicSpec(TICKS, retention_days=1),
    TopicSpec(POLICIES, compact=True),
    TopicSpec(CHECK_REQUESTS, retention_days=7),
    TopicSpec(CHECK_ANSWERS, retention_days=7),
    TopicSpec(HISTORY, retention_days=7),
)
ALL_TOPICS = (*IN_TOPICS, *OUT_TOPICS, *INTERNAL_TOPICS)


def changelog_topic(app_id: str, table: str) -> str:
    """The changelog of a table, named as Faust names it; `app_id` begins with the topic prefix."""
    return f"{app_id}-{table}-changelog"


def changelog_table(app_id: str, changelog: str) -> str:
    """The table a changelog belongs to: the reverse of `changelog_topic`."""
    return changelog.removeprefix(f"{app_id}-").removesuffix("-changelog")


def changelog_specs(app_id: str, tables: Iterable[str]) -> tuple[TopicSpec, ...]:
    """The changelog topics of `tables`: compacted only, never deleted by age."""
    return tuple(
        TopicSpec(changelog_topic(app_id, table), compact=True, large=True) for table in tables
    )


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Plain names inside, prefixed names on the wire. The engine and the rules see plain ones."""

    prefix: str = ""

    def wire(self, name: str) -> str:
        """The broker's name of a plain topic name."""
        return self.prefix + name

    def plain(self, wire_name: str) -> str:
        """The plain name of a topic of the broker."""
        return wire_name.removeprefix(self.prefix)
