"""Where the stack listens that a story is played on."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from dunnock.embedded.problems import Problem
from dunnock.installation import HOME
from runtime.settings import settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """What of the JSON of `dunnock up` a story needs."""

    kafka: str
    web: str
    api_key: str
    #: By channel.
    gateways: dict[str, str]


def addresses(file: str | None) -> Addresses:
    """From the file that `dunnock up --json FILE` wrote; without one the fixed ports.

    Raises Problem for a file that says no such thing.
    """
    if file is None:
        return _by_settings()
    try:
        said = json.loads(Path(file).read_text())
        simulators = said["simulators"]
        gateways = {name: simulators[name] for name in ("sms", "push", "email")}
        return Addresses(said["kafka"], said["web"], said["api_key"], gateways)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"{file} does not say where a stack is ({type(error).__name__}: {error}):"
            " start one with `dunnock up --clock simulated --json FILE`."
        ) from error


def _by_settings() -> Addresses:
    chosen = settings()
    host = chosen.sms_url.rpartition(":")[0]
    gateways = {"sms": chosen.sms_url, "push": chosen.push_url, "email": f"{host}:8103"}
    return Addresses(chosen.kafka, chosen.public_url.rstrip("/"), _api_key(), gateways)


def _api_key() -> str:
    """DUNNOCK_API_KEY, else that of the stack in this directory."""
    kept = HOME / "data" / "secrets.json"
    if "DUNNOCK_API_KEY" not in os.environ and kept.exists():
        return str(json.loads(kept.read_text())["api_key"])
    return settings().api_key
