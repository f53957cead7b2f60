"""docker-compose.yml and the Dockerfile name only what exists (there is no Docker to run them)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dunnock.addresses import FIXED, Ports
from dunnock.main import parser
from dunnock.processes import entrypoint
from runtime.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "dunnock"}


def test_it_follows_the_compose_specification() -> None:
    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_every_part_of_the_stack_is_there() -> None:
    assert set(SERVICES) == {
        *(name for name in FIXED if name not in ("kafka-controller", "smtp")),
        "prepare",
        "worker-0",
        "worker-1",
    }


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(name: str) -> None:
    program, *words = OURS[name]["command"]
    chosen = parser().parse_args(words)
    module, _ = entrypoint(chosen.command, getattr(chosen, "kind", ""))
    assert program == "dunnock"
    assert (ROOT / (module.replace(".", "/") + ".py")).exists()
    assert "-".join(words) == re.sub(r"-\d+$", "", name)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str) -> None:
    known = {f"DUNNOCK_{field.upper()}" for field in Settings.model_fields}
    known |= {"DATABASE_URL", "REDIS_URL"}
    assert set(OURS[name]["environment"]) - known == set()


@pytest.mark.parametrize("name", OURS)
def test_every_value_is_one_the_settings_take(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, _by_default(str(value)))
    assert Settings().process_name == name


@pytest.mark.parametrize("name", [name for name in OURS if name != "prepare"])
def test_every_process_listens_on_its_documented_port(name: str) -> None:
    assert OURS[name]["environment"]["DUNNOCK_LISTEN_PORT"] == Ports(auto=False)[name]


def test_addresses_name_a_service_and_the_port_it_listens_on() -> None:
    ports = {**FIXED, "simulator-email": FIXED["smtp"], "worker-0": 8200, "worker-1": 8201}
    named = {
        (host, int(port))
        for service in OURS.values()
        for value in service["environment"].values()
        for host, port in re.findall(r"([a-z][a-z0-9-]+):(\d{4,5})\b", _by_default(str(value)))
    }
    assert ("kafka", 29092) in named
    for host, port in named - {("kafka", 29092)}:
        assert host in SERVICES
        assert port == ports[host], host
    assert "INSIDE://kafka:29092" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_only_loopback_is_published_on_documented_ports() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    for port in published:
        host, outer, inner = port.split(":")
        assert host == "127.0.0.1"
        assert outer == inner
        assert int(inner) in FIXED.values()


def test_dependencies_and_volumes_are_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert volumes <= set(COMPOSE["volumes"])
    conditions = SERVICES["worker-0"]["depends_on"]
    assert conditions["prepare"]["condition"] == "service_completed_successfully"


def test_the_dockerfile_copies_what_exists() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY") and "--from" not in line]
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path.split('/')[0]}" in ignore, path
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= set(copied)


def test_the_images_user_variables_are_settings() -> None:
    known = {f"DUNNOCK_{field.upper()}" for field in Settings.model_fields}
    text = (ROOT / "Dockerfile").read_text() + (ROOT / "deploy/healthcheck").read_text()
    assert set(re.findall(r"DUNNOCK_[A-Z_]+", text)) <= known


def test_kafka_keeps_what_the_embedded_broker_keeps() -> None:
    from dunnock.embedded.kafka import _PROPERTIES

    embedded = dict(line.split("=", 1) for line in _PROPERTIES.splitlines())
    for variable, value in SERVICES["kafka"]["environment"].items():
        name = variable.removeprefix("KAFKA_").lower().replace("_", ".")
        if (
            name in embedded
            and "listener" not in name
            and name
            not in (
                "log.dirs",
                "controller.quorum.voters",
            )
        ):
            assert str(value) == embedded[name], variable


def _by_default(value: str) -> str:
    """What Compose puts in when nobody has set the variable: it ends at the first brace."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
