"""Where the stack listens that a story is played on."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from dunnock.addresses import FIXED
from dunnock.embedded import postgres
from dunnock.embedded.problems import Problem
from dunnock.installation import HOME
from dunnock.processes import CHANNELS
from runtime.settings import settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """What of the JSON of `dunnock up` a story needs."""

    kafka: str
    postgres: str
    web: str
    api_key: str
    #: By channel.
    gateways: dict[str, str]

    def gateway(self, channel: str) -> str:
        """Where its gateway listens. Raises Problem for a channel without one."""
        if channel not in self.gateways:
            raise Problem(f"This stack has no gateway for {channel}.")
        return self.gateways[channel]


def addresses(file: str | None) -> Addresses:
    """From the file that `dunnock up --json FILE` wrote; without one the fixed ports.

    Raises Problem for a file that says no such thing.
    """
    if file is None:
        return _by_settings()
    try:
        said = json.loads(Path(file).read_text())
        simulators = said["simulators"]
        gateways = {name: simulators[name] for name in CHANNELS if name in simulators}
        return Addresses(said["kafka"], said["postgres"], said["web"], said["api_key"], gateways)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"{file} does not say where a stack is ({type(error).__name__}: {error}):"
            " start one with `dunnock up --clock simulated --json FILE`."
        ) from error


def _by_settings() -> Addresses:
    chosen = settings()
    host = chosen.sms_url.rpartition(":")[0]
    gateways = {"sms": chosen.sms_url, "push": chosen.push_url, "email": f"{host}:8103"}
    gateways["letter"] = chosen.letter_url
    return Addresses(chosen.kafka, _postgres(), chosen.public_url.rstrip("/"), _api_key(), gateways)


def _api_key() -> str:
    """DUNNOCK_API_KEY, else that of the stack in this directory."""
    kept = _kept("DUNNOCK_API_KEY")
    return str(kept["api_key"]) if kept else settings().api_key


def _postgres() -> str:
    """DATABASE_URL, else the embedded server of the stack in this directory."""
    kept = _kept("DATABASE_URL")
    if not kept:
        return settings().database_url
    return postgres.dsn(FIXED["postgres"], str(kept["postgres_password"]))


def _kept(unless: str) -> dict[str, object]:
    """The secrets of the stack in this directory, `unless` the environment says it."""
    kept = HOME / "data" / "secrets.json"
    if unless in os.environ or not kept.exists():
        return {}
    found: dict[str, object] = json.loads(kept.read_text())
    return found
