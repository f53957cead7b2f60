"""`dunnock policy FILE`: acceptance policies are published, rule sets are submitted or forced."""

from __future__ import annotations

import asyncio
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dunnock.embedded.problems import Problem
from runtime.settings import Settings, settings


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for beside the file."""

    #: Findings and a large effect were read and are meant.
    sure: bool = False
    #: Past the second person, in an emergency; `because` is kept in the history.
    force: bool = False
    because: str = ""


def publish_starting(chosen: Settings) -> None:
    """Publish the starting acceptance policy where there is none yet. Blocking."""
    from domain.acceptance import POLICY_ID
    from domain.policy.starting import starting_document

    _publish(chosen, starting_document(POLICY_ID))


def publish_file(path: str, wish: Wish | None = None) -> None:
    """`dunnock policy FILE`: check the document, hand it on, say what happened. Blocking.

    Raises Problem for a file that cannot be read, is not sound, or is not to go live like this.
    """
    from domain.rulesets import RULE_SETS

    try:
        document = Path(path).read_bytes()
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error
    named = _named(document)
    if named.get("id") in RULE_SETS:
        from dunnock.rule_set_files import hand_on

        print(asyncio.run(hand_on(settings(), named, wish or Wish())))
        return
    name, partitions = _publish(settings(), document)
    if not partitions:
        raise Problem(f"{name} is not newer than what is published: raise its version.")
    print(f"{name} is published; workers use it within a second.")


def _named(document: bytes) -> dict[str, Any]:
    """The document, if it is one at all: JSON, or TOML."""
    for load in (json.loads, tomllib.loads):
        try:
            found = load(document.decode())
        except ValueError:
            continue
        return found if isinstance(found, dict) else {}
    return {}


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
