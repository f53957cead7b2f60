"""Two installations on one broker with nothing but a topic prefix between them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from runtime.settings import Settings
from tests.integration.engine.harness import Installation


@pytest.fixture
def other(kafka: str, tmp_path: Path) -> Iterator[Installation]:
    """A second installation beside `home`: the same settings, another prefix."""
    place = tmp_path / "other"
    place.mkdir()
    installation = Installation(kafka, f"e{uuid.uuid4().hex[:8]}.", place)
    try:
        yield installation
    finally:
        installation.close()


def test_a_prefix_alone_keeps_installations_apart(home: Installation, other: Installation) -> None:
    """The same process name, partitions and keys: neither fences, counts or joins the other."""
    workers = [installation.worker("w1") for installation in (home, other)]
    for worker in workers:
        worker.wait_ready()
    home.send(300)
    other.send(100)
    home.assert_exact()
    other.assert_exact()
    assert [worker.partitions() for worker in workers] == [{0, 1}, {0, 1}]
    assert [worker.process.poll() for worker in workers] == [None, None]

    admin = AdminClient({"bootstrap.servers": home.kafka})
    groups = {found.group_id for found in admin.list_consumer_groups().result(10).valid}
    assert {f"{home.prefix}dunnock", f"{other.prefix}dunnock"} <= groups
    topics = set(admin.list_topics(timeout=10).topics)
    assert {f"{place.prefix}dunnock-customer_history-changelog" for place in (home, other)} < topics


def test_without_a_prefix_the_names_are_as_ever() -> None:
    assert Settings().app_id == "dunnock"
    assert Settings(topic_prefix="eu.").app_id == "eu.dunnock"


def test_the_name_behind_the_prefix_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUNNOCK_APP_ID", "collections")
    monkeypatch.setenv("DUNNOCK_TOPIC_PREFIX", "eu.")
    assert Settings().app_id == "eu.collections"
