"""The parts of the embedded stack: how each is started, and what it waits for."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from dunnock.addresses import Ports
from dunnock.embedded import kafka, postgres, redis
from dunnock.embedded.process import Program
from dunnock.installation import Secrets
from dunnock.processes import CHANNELS, SIMULATORS
from runtime.settings import settings

_PROBE_TIMEOUT_S = 2.0
#: Lists may be a second late when the machine is full; a reminder may not.
_NICE = {"projector": 10, "importer": 10}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the stack."""

    name: str
    #: Makes ready what it needs on disk and says what to start; blocking, before each start.
    make: Callable[[], Program]
    #: Parts that must be ready before it is started; it is stopped before they are.
    after: tuple[str, ...] = ()
    #: Ready when it ended with code 0, and not started again.
    one_shot: bool = False
    ready_bound_s: float = 90.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a stack is made of."""

    ports: Ports
    data: Path
    secrets: Secrets
    keep: bool
    workers: int
    traffic: bool
    clock: str
    #: Servers of one's own, used as they are; empty: embedded ones are started.
    database_url: str = ""
    redis_url: str = ""

    @property
    def kafka(self) -> str:
        """The bootstrap address."""
        return f"127.0.0.1:{self.ports['kafka']}"

    @property
    def dsn(self) -> str:
        """The database every process uses."""
        password = self.secrets.postgres_password
        return self.database_url or postgres.dsn(self.ports["postgres"], password)

    @property
    def redis(self) -> str:
        """The Redis every process uses."""
        return self.redis_url or f"redis://127.0.0.1:{self.ports['redis']}/0"

    @property
    def smtp(self) -> str:
        """Where the mail simulator takes mail."""
        return f"127.0.0.1:{self.ports['smtp']}"

    @property
    def bank_folder(self) -> Path:
        """Bank files that are put here are imported. DUNNOCK_BANK_FOLDER names another place."""
        return settings().bank_folder or self.data / "bank"

    def environment(self) -> dict[str, str]:
        """The settings that all processes of the stack share."""
        return {
            "DATABASE_URL": self.dsn,
            "REDIS_URL": self.redis,
            "DUNNOCK_KAFKA": self.kafka,
            "DUNNOCK_CLOCK": self.clock,
            "DUNNOCK_API_KEY": self.secrets.api_key,
            "DUNNOCK_SECRET": self.secrets.secret,
            "DUNNOCK_LOGINS": json.dumps([asdict(login) for login in self.secrets.logins]),
            "DUNNOCK_PUBLIC_URL": self.ports.url("web"),
            "DUNNOCK_SMS_URL": self.ports.url("simulator-sms"),
            "DUNNOCK_PUSH_URL": self.ports.url("simulator-push"),
            "DUNNOCK_SMTP": self.smtp,
            "DUNNOCK_LETTER_URL": self.ports.url("simulator-letter"),
            "DUNNOCK_BUREAUS_URL": self.ports.url("simulator-bureaus"),
            "DUNNOCK_PSP_URL": self.ports.url("simulator-psp"),
            "DUNNOCK_BANK_FOLDER": str(self.bank_folder),
        }


def parts(plan: Plan) -> list[Part]:
    """Every part of the plan, in no particular order."""
    shared = plan.environment()
    return [*_servers(plan), *_outside(plan, shared), *_inside(plan, shared)]


def choose(every: Sequence[Part], wanted: Sequence[str]) -> list[Part]:
    """The parts with one of the names (`simulator` is all of them); they wait for each other only.

    An empty choice is everything.
    """
    named = [p for p in every if not wanted or any(_named(p.name, name) for name in wanted)]
    names = {part.name for part in named}
    return [
        Part(**{**part.__dict__, "after": tuple(n for n in part.after if n in names)})
        for part in named
    ]


def _named(part: str, name: str) -> bool:
    return part == name or part.startswith(f"{name}-")


def _servers(plan: Plan) -> list[Part]:
    ports, data = plan.ports, plan.data
    servers = [
        Part(
            name="kafka",
            make=lambda: kafka.prepare(
                data / "kafka", port=ports["kafka"], controller_port=ports["kafka-controller"]
            ),
        )
    ]
    if not plan.database_url:
        servers.append(
            Part(
                name="postgres",
                make=lambda: postgres.prepare(
                    data / "postgres",
                    port=ports["postgres"],
                    password=plan.secrets.postgres_password,
                    keep=plan.keep,
                ),
            )
        )
    if not plan.redis_url:
        servers.append(
            Part(
                name="redis",
                make=lambda: redis.prepare(data / "redis", port=ports["redis"], keep=plan.keep),
            )
        )
    return servers


def _outside(plan: Plan, shared: Mapping[str, str]) -> list[Part]:
    return [
        _process(f"simulator-{kind}", ("simulator", kind), plan, shared, after=())
        for kind in SIMULATORS
    ]


def _inside(plan: Plan, shared: Mapping[str, str]) -> list[Part]:
    servers = tuple(part.name for part in _servers(plan))
    ready = (*servers, *(f"simulator-{kind}" for kind in SIMULATORS), "prepare")
    inside = [
        Part(
            name="prepare",
            make=lambda: _program("prepare", ("prepare",), plan, shared),
            after=servers,
            one_shot=True,
        )
    ]
    inside += [
        _process(f"worker-{number}", ("worker",), plan, shared, ready)
        for number in range(plan.workers)
    ]
    inside += [
        _process(f"dispatcher-{kind}", ("dispatcher", kind), plan, shared, ready)
        for kind in CHANNELS
    ]
    inside += [
        _process(name, (name,), plan, shared, ready) for name in ("projector", "importer", "web")
    ]
    if plan.traffic:
        everyone = tuple(part.name for part in inside)
        inside.append(_process("town", ("town",), plan, shared, everyone))
    return inside


def _process(
    name: str, words: tuple[str, ...], plan: Plan, shared: Mapping[str, str], after: tuple[str, ...]
) -> Part:
    return Part(name=name, make=partial(_program, name, words, plan, shared), after=after)


def _program(name: str, words: tuple[str, ...], plan: Plan, shared: Mapping[str, str]) -> Program:
    """One of our own commands; `prepare` ends by itself and serves nothing."""
    serves = name != "prepare"
    url = plan.ports.url(name) if serves else ""
    own = {
        "DUNNOCK_PROCESS_NAME": name,
        "DUNNOCK_DATA_DIR": str(plan.data / name),
        "DUNNOCK_LISTEN_HOST": "127.0.0.1",
        "DUNNOCK_LISTEN_PORT": str(plan.ports[name]) if serves else "0",
        "DUNNOCK_OWN_URL": url,
        "PYTHONUNBUFFERED": "1",
    }
    return Program(
        name=name,
        argv=(sys.executable, "-m", "dunnock", *words),
        address=url,
        probe=partial(answers_ready, url),
        env={**shared, **own},
        nice=_NICE.get(name, 0),
    )


def answers_ready(url: str) -> None:
    """Raise unless the process says of itself that it is ready."""
    with urllib.request.urlopen(f"{url}/readyz", timeout=_PROBE_TIMEOUT_S):  # noqa: S310  ours
        return
