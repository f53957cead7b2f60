"""`dunnock up`: the whole embedded stack in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from dunnock import installation
from dunnock.addresses import Ports
from dunnock.embedded.problems import Problem
from dunnock.figures import Gatherer
from dunnock.processes import SIMULATORS
from dunnock.stack import Plan, choose, parts
from dunnock.summary import Terminal, watch
from dunnock.supervisor import Supervisor
from runtime.settings import settings

_PROGRESS_S = 0.5


def up(chosen: argparse.Namespace) -> None:
    """Run the stack until SIGINT or SIGTERM. Raises `Problem` when it can't be started."""
    if chosen.json and not Path(chosen.json).resolve().parent.is_dir():
        # Found out when all is ready, a minute would be lost.
        raise Problem(f"There is no directory for {chosen.json}: make it, or name another file.")
    with installation.opened(ephemeral=chosen.ephemeral) as home:
        plan = Plan(
            ports=Ports(auto=chosen.ports == "auto"),
            data=home.data,
            secrets=installation.kept_secrets(home.data),
            keep=not chosen.ephemeral,
            workers=chosen.workers,
            traffic=not chosen.no_traffic,
            clock=chosen.clock,
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
        )
        installation.keep_clock(home.data, plan.clock)
        only = [name for name in chosen.only.split(",") if name]
        asyncio.run(_Stack(plan, home, chosen.json, only).run())


class _Stack:
    """One run of the command."""

    def __init__(
        self, plan: Plan, home: installation.Installation, file: str | None, only: list[str]
    ) -> None:
        self._plan = plan
        self._home = home
        self._file = Path(file).resolve() if file else None
        self._terminal = Terminal(sys.stderr)
        self._parts = choose(parts(plan), only)
        self._complete = False
        self._supervisor = Supervisor(
            self._parts, home.logs, say=self._terminal.say, changed=self._write
        )

    async def run(self) -> None:
        """Start, tell, watch until asked to stop, and stop, whatever happened in between."""
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(how, asked.set)
        await self._require_ports()
        try:
            await self._until(asked)
        except OSError as why:
            raise Problem(f"{why.strerror or why} ({why.filename or self._home.data}).") from why
        finally:
            self._terminal.clear()
            self._terminal.say("Stopping.")
            await self._supervisor.stop()
            self._terminal.say("Everything is stopped.")

    async def _until(self, asked: asyncio.Event) -> None:
        self._terminal.say(f"Starting {len(self._parts)} parts; logs are in {self._home.logs}.")
        stop = asyncio.create_task(asked.wait())
        start = asyncio.create_task(self._supervisor.start())
        try:
            while not (stop.done() or start.done()):
                await asyncio.wait(
                    {stop, start}, timeout=_PROGRESS_S, return_when=asyncio.FIRST_COMPLETED
                )
                self._terminal.progress(f"Waiting for {', '.join(self._supervisor.waiting)}")
            self._terminal.clear()
            if not start.done():
                return
            await start
            self._complete = True
            self._write()
            self._greet()
            await self._watch(stop)
        finally:
            start.cancel()
            stop.cancel()

    async def _watch(self, stop: asyncio.Task[bool]) -> None:
        """Until asked to stop, with the live summary when there are workers to ask."""
        failed = asyncio.create_task(self._supervisor.failed())
        tasks: set[asyncio.Task[None]] = {failed}
        if {"kafka", "worker-0"} <= {part.name for part in self._parts}:
            live = asyncio.create_task(watch(self._gatherer(), self._terminal))
            live.add_done_callback(self._note_end_of_summary)
            tasks.add(live)
        try:
            await asyncio.wait({stop, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                await failed
        finally:
            for task in tasks:
                task.cancel()

    def _note_end_of_summary(self, live: asyncio.Task[None]) -> None:
        """A defect in the summary is told, and no reason to stop the stack."""
        if not live.cancelled() and (why := live.exception()) is not None:
            self._terminal.say(f"The summary has failed ({type(why).__name__}: {why}).")

    def _gatherer(self) -> Gatherer:
        plan = self._plan
        workers = [plan.ports.url(f"worker-{number}") for number in range(plan.workers)]
        return Gatherer(workers, plan.kafka, plan.dsn, settings().partitions)

    async def _require_ports(self) -> None:
        """What a killed run before us leaves ends with it, but not within the same instant."""
        names = [part.name for part in self._parts if part.name != "prepare"]
        names += ["kafka-controller"] if "kafka" in names else []
        names += ["smtp"] if "simulator-email" in names else []
        tries = 50 if self._home.left_by else 1
        if self._home.left_by:
            self._terminal.say(
                f"The run before (process {self._home.left_by}) did not end cleanly;"
                " its lock was stale and its data is taken over."
            )
        for left in range(tries - 1, -1, -1):
            try:
                self._plan.ports.require_free(names)
            except Problem:
                if not left:
                    raise
                await asyncio.sleep(0.1)
            else:
                return

    def _write(self) -> None:
        """The addresses, for scripts: to the file whenever a process has changed, else once."""
        if not self._complete:
            return
        text = json.dumps(described(self._plan, self._supervisor.pids, self._home.logs), indent=2)
        if not self._file:
            print(text, flush=True)
            return
        try:
            installation.write_atomically(self._file, text + "\n")
        except OSError as why:
            # The stack is worth more than the file; whoever reads it keeps the old one.
            self._terminal.say(f"{self._file} could not be written: {why.strerror}.")

    def _greet(self) -> None:
        say, plan = self._terminal.say, self._plan
        say(f"Ready. Pages: {plan.ports.url('web')}   Kafka: {plan.kafka}   (Ctrl-C stops all)")
        for login in plan.secrets.logins:
            say(f"  log in as {login.user:<10} {login.password}")


def described(plan: Plan, pids: dict[str, int], logs: Path) -> dict[str, object]:
    """The object of the event contract, "Scripted use", and where the logs are."""
    outside = {kind: plan.ports.url(f"simulator-{kind}") for kind in SIMULATORS}
    return {
        "kafka": plan.kafka,
        "postgres": plan.dsn,
        "redis": plan.redis,
        "web": plan.ports.url("web"),
        "clock": plan.clock,
        "simulators": {**outside, "smtp": plan.smtp},
        "pids": pids,
        "api_key": plan.secrets.api_key,
        "logins": [asdict(login) for login in plan.secrets.logins],
        "logs": str(logs),
        "bank_folder": str(plan.bank_folder),
    }
