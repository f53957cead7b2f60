"""Publishing acceptance policies: the starting one at preparation, any other with a command."""

from __future__ import annotations

from pathlib import Path

from dunnock.embedded.problems import Problem
from runtime.settings import Settings, settings


def publish_starting(chosen: Settings) -> None:
    """Publish the starting policy where there is none yet. Blocking."""
    from domain.acceptance import POLICY_ID
    from domain.policy.starting import starting_document

    _publish(chosen, starting_document(POLICY_ID))


def publish_file(path: str) -> None:
    """`dunnock policy FILE`: check the document, publish it, say what happened. Blocking.

    Raises Problem for a file that cannot be read, is not a sound policy or is not newer.
    """
    try:
        document = Path(path).read_bytes()
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error
    name, partitions = _publish(settings(), document)
    if not partitions:
        raise Problem(f"{name} is not newer than what is published: raise its version.")
    print(f"{name} is published; workers use it within a second.")


def _publish(chosen: Settings, document: bytes) -> tuple[str, list[int]]:
    from domain.acceptance import AcceptancePolicy
    from streams.policy_log import publish_policy
    from streams.topics import POLICIES, TopicNames

    try:
        ref = AcceptancePolicy.parse(document).ref
    except ValueError as error:
        raise Problem(f"This is not a sound policy: {error}") from error
    topic = TopicNames(chosen.topic_prefix).wire(POLICIES)
    done = publish_policy(chosen.kafka, topic, ref.id, ref.version, document)
    return f"Policy {ref.id} version {ref.version}", done
