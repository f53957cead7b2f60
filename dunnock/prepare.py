"""What must exist before a process starts: tables in PostgreSQL, topics and a policy in Kafka."""

from __future__ import annotations

from dataclasses import replace

from runtime.settings import settings


def prepare() -> None:
    """Apply migrations, create topics, publish the starting policy; again changes nothing."""
    from connectors.postgres.migrate import migrate
    from dunnock.policies import publish_starting
    from streams.topic_setup import ensure_topics
    from streams.topics import ALL_TOPICS, TopicNames

    chosen = settings()
    migrate(chosen.database_url)
    names = TopicNames(chosen.topic_prefix)
    ensure_topics(
        chosen.kafka,
        [replace(spec, name=names.wire(spec.name)) for spec in ALL_TOPICS],
        chosen.partitions,
        chosen.replication_factor,
    )
    publish_starting(chosen)
