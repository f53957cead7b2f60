"""A real PostgreSQL 16, from the server binaries in the pgserver wheel.

PostgreSQL refuses to run as root; as root it runs under an account without rights.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from dunnock.embedded.account import Account, unprivileged
from dunnock.embedded.problems import Problem
from dunnock.embedded.process import Program

_PROBE_TIMEOUT_S = 2.0
_INITDB_TIMEOUT_S = 180.0
_USER = _DATABASE = "dunnock"


def binaries() -> Path:
    """The wheel's bin directory, found without importing the package (it starts things)."""
    found = find_spec("pgserver")
    place = Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None
    if place is None or not (place / "postgres").exists():
        raise Problem(
            "The PostgreSQL server is missing: run `make setup`, or set DATABASE_URL to your own."
        )
    return place


def prepare(directory: Path, *, port: int, password: str, keep: bool = True) -> Program:
    """A server on loopback with one database; makes the cluster the first time.

    Without `keep` it does not wait for the disk: right for data that ends with the run.
    """
    directory.mkdir(parents=True, exist_ok=True)
    data = (directory / "data").resolve()
    account = unprivileged((data, binaries()), orphan_signal="quit")
    if not (data / "PG_VERSION").exists():
        _initdb(directory, data, account, password)
    _drop_stale_pid_file(data)
    address = dsn(port, password)
    durable = "on" if keep else "off"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "64MB",
        "fsync": durable,
        "full_page_writes": durable,
        "synchronous_commit": durable,
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    server = (str(binaries() / "postgres"), "-D", str(data))
    options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    return Program(
        name="postgres",
        argv=(*account.prefix, *server, *options),
        address=address,
        probe=partial(answers_query, address),
        run_as=account.user,
        # SIGTERM would wait for the clients, SIGINT ends their sessions and checkpoints.
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGQUIT,
    )


def dsn(port: int, password: str) -> str:
    """How clients reach the server that `prepare` describes."""
    return f"postgresql://{_USER}:{password}@127.0.0.1:{port}/{_DATABASE}"


def answers_query(address: str) -> None:
    """Run a query; raises until the server takes one."""
    import asyncpg

    async def ask() -> None:
        connection = await asyncpg.connect(address, timeout=_PROBE_TIMEOUT_S)
        try:
            await connection.fetchval("SELECT 1", timeout=_PROBE_TIMEOUT_S)
        finally:
            await connection.close()

    asyncio.run(ask())


def _initdb(directory: Path, data: Path, account: Account, password: str) -> None:
    """Make the cluster under another name, then rename: a crash leaves no half one."""
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    secret = directory / "initial-password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    account.own(unfinished)
    account.own(secret)
    options = ("--encoding=UTF8", "--locale=C", "--no-sync", "--auth=scram-sha-256")
    try:
        done = account.run(
            [
                *(str(binaries() / "initdb"), "-D", str(unfinished), "-U", _USER),
                *options,
                f"--pwfile={secret}",
            ],
            timeout_s=_INITDB_TIMEOUT_S,
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        why = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Problem(f"PostgreSQL's data directory could not be made: {''.join(why)}")
    # Through the single-user server: no port, no password.
    done = account.run(
        (str(binaries() / "postgres"), "--single", "-D", str(unfinished), "postgres"),
        standard_input=f"CREATE DATABASE {_DATABASE};\n",
        timeout_s=_INITDB_TIMEOUT_S,
    )
    if done.returncode != 0 or "ERROR" in done.stderr:
        raise Problem(f"PostgreSQL's database could not be made: {done.stderr.strip()[-200:]}")
    unfinished.rename(data)


def _drop_stale_pid_file(data: Path) -> None:
    """After a crash PostgreSQL trusts its pid file when the pid now belongs to somebody else."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    try:
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0]
    except OSError:
        program = b""
    if program.endswith(b"/postgres"):
        raise Problem(f"A PostgreSQL server (pid {pid}) still uses {data}: stop it first.")
    pid_file.unlink()
