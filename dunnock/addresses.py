"""Which part of the embedded stack listens where."""

from __future__ import annotations

from collections.abc import Iterable

from dunnock.embedded.ports import free_port, is_free
from dunnock.embedded.problems import Problem

#: The documented ports of `dunnock up`; workers take 8200 and up.
FIXED = {
    "kafka": 9092,
    "kafka-controller": 9093,
    "postgres": 5432,
    "redis": 6379,
    "web": 8080,
    "simulator-sms": 8101,
    "simulator-push": 8102,
    "simulator-email": 8103,
    "simulator-bureaus": 8104,
    "simulator-psp": 8105,
    "simulator-letter": 8106,
    "smtp": 8125,
    "dispatcher-sms": 8111,
    "dispatcher-push": 8112,
    "dispatcher-email": 8113,
    "dispatcher-letter": 8114,
    "projector": 8120,
    "town": 8121,
    "importer": 8122,
}
_FIRST_WORKER = 8200


class Ports:
    """One port for each name, the same for the whole run."""

    def __init__(self, *, auto: bool) -> None:
        self._auto = auto
        self._given: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        """The port of a part, chosen when it is first asked for."""
        if name not in self._given:
            self._given[name] = self._new() if self._auto else self._fixed(name)
        return self._given[name]

    def url(self, name: str) -> str:
        """The HTTP address of a part."""
        return f"http://127.0.0.1:{self[name]}"

    def _new(self) -> int:
        while (port := free_port()) in self._given.values():
            continue
        return port

    @staticmethod
    def _fixed(name: str) -> int:
        kind, _, number = name.partition("-")
        return _FIRST_WORKER + int(number) if kind == "worker" else FIXED[name]

    def require_free(self, names: Iterable[str]) -> None:
        """Raise `Problem` when somebody else listens on the port of one of the parts."""
        taken = [f"{self[name]} ({name})" for name in names if not is_free(self[name])]
        if taken:
            several = "s" if len(taken) > 1 else ""
            raise Problem(
                f"Port{several} {', '.join(taken)} taken by another program: stop it, or start"
                " with --ports auto (DATABASE_URL and REDIS_URL name servers of your own)."
            )
