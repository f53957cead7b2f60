"""The tables of dispatching in memory, behind the statements of `connectors.postgres.dispatches`.

The connector's own code runs; what PostgreSQL would do with each of its statements is told here.
Nothing compares both yet but the tests of the connector on a real PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from connectors.postgres import dispatches
from tests.simulation.world.scene import Scene

Row = dict[str, Any]


class Tables:
    """The rows, and what each statement does to them at once."""

    def __init__(self, now: Callable[[], dt.datetime], real_s: Callable[[], float]) -> None:
        self._now = now
        self._real_s = real_s
        self.dispatches: dict[str, Row] = {}
        self.withdrawals: dict[str, tuple[str, str, dt.datetime]] = {}
        #: How far a message's partition could be read when it was first handled: evidence.
        self.looked: dict[str, int] = {}
        #: By a part that no other statement has.
        self._others: dict[str, Callable[..., Any]] = {
            "SET handover_at = clock_timestamp()": self._hand_over,
            "SET handover_at = NULL": self._take_back,
            "SET receipt_at = clock_timestamp()": self._mark,
            "INSERT INTO withdrawals": self._withdraw,
        }

    def run(self, statement: str, *arguments: Any) -> Any:
        """Rows of a query, a value, or nothing."""
        match statement:
            case dispatches._CLAIM:
                return self._claim(*arguments)
            case dispatches._GET:
                return self._get(*arguments)
            case dispatches._FINISH:
                return self._finish(*arguments)
            case dispatches._RECONSIDER:
                return self._reconsider(*arguments)
        for part, does in self._others.items():
            if part in statement:
                return does(*arguments)
        raise AssertionError(f"a statement that the simulation does not know: {statement[:80]}")

    def _get(self, _: bool, give_up_s: float, names: list[str]) -> list[Row]:
        rows = (self.dispatches.get(name) for name in names)
        return [self._row(row, give_up_s) for row in rows if row is not None]

    def _take_back(self, name: str) -> None:
        row = self.dispatches.get(name)
        if row is not None and row["state"] == "claimed":
            row["handover_at"] = None

    def _mark(self, names: list[str]) -> None:
        for name in names:
            if name in self.dispatches:
                self.dispatches[name]["receipt_at"] = self._real_s()

    def _withdraw(self, *columns: list[Any]) -> None:
        for name, *rest in zip(*columns, strict=True):
            self.withdrawals.setdefault(name, tuple(rest))

    def _row(self, row: Row, give_up_s: float) -> Row:
        return row | {"overdue": self._overdue(row, give_up_s)}

    def _overdue(self, row: Row, give_up_s: float) -> bool:
        return row["not_after"] < self._now() or self._real_s() - row["tried_since"] > give_up_s

    def _claim(self, _: bool, give_up_s: float, *columns: list[Any]) -> list[Row]:
        made = []
        for name, channel, customer, kind, not_after, handed_over in sorted(
            zip(*columns, strict=True), key=lambda one: one[0]
        ):
            if name in self.dispatches:
                continue
            now, withdrawn = self._now(), self.withdrawals.get(name)
            state, reason = "claimed", None
            if withdrawn is not None:
                state, reason = "withdrawn", withdrawn[1]
            elif not_after < now:
                state, reason = "expired", "not_after"
            claimed = state == "claimed"
            self.dispatches[name] = {
                "message_id": name,
                "channel": channel,
                "customer_id": customer,
                "kind": kind,
                "not_after": not_after,
                "state": state,
                "reason": reason,
                "provider_id": None,
                "attempts": 1,
                "tried_since": self._real_s(),
                "handover_at": self._real_s() if claimed and handed_over else None,
                "finished_at": None if claimed else now,
                "receipt_at": None,
            }
            made.append(self._row(self.dispatches[name], give_up_s))
        return made

    def _finish(self, _: bool, give_up_s: float, *columns: list[Any]) -> list[Row]:
        done = []
        for name, state, reason, provider_id in zip(*columns, strict=True):
            row = self.dispatches.get(name)
            if row is not None and row["state"] == "claimed":
                row |= {"state": state, "reason": reason, "provider_id": provider_id}
                row["finished_at"] = self._now()
                done.append(self._row(row, give_up_s))
        return done

    def _reconsider(self, _: bool, give_up_s: float, name: str) -> Row | None:
        row = self.dispatches.get(name)
        if row is None or row["state"] != "claimed" or row["handover_at"] is not None:
            return None
        withdrawn = self.withdrawals.get(name)
        row["attempts"] += 1
        if withdrawn is not None or self._overdue(row, give_up_s):
            row["state"] = "withdrawn" if withdrawn is not None else "failed"
            row["reason"] = withdrawn[1] if withdrawn is not None else "gave_up"
            row["finished_at"] = self._now()
        return self._row(row, give_up_s)

    def _hand_over(self, name: str) -> bool | None:
        row = self.dispatches.get(name)
        if row is None or row["state"] != "claimed" or row["handover_at"] is not None:
            return None
        row["handover_at"] = self._real_s()
        return True


class MemoryPool:
    """Stands for a process's asyncpg pool; a lost connection leaves the outcome unknown."""

    def __init__(self, scene: Scene, tables: Tables) -> None:
        self._scene = scene
        self._tables = tables

    async def fetch(self, statement: str, *arguments: Any) -> Any:
        if await self._scene.gate("database.before") == "lost":
            raise ConnectionResetError("the server is away")
        found = self._tables.run(statement, *arguments)
        if await self._scene.gate("database.after") == "lost":
            raise ConnectionResetError("the server went away")
        return found

    fetchrow = fetchval = execute = fetch
