"""One asyncpg pool per process, with bounds and timeouts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
import orjson

#: asyncpg publishes no types: these names say what is meant.
Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.Connection

#: No statement of ours takes longer, short of a broken server.
STATEMENT_S_MAX = 30.0
_CONNECT_S_MAX = 10.0

#: What a lost or restarting server raises: worth another try, the data is unharmed.
LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _prepare(connection: Connection) -> None:
    """Let jsonb go in and out as Python values."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_dumps, decoder=orjson.loads
    )


async def _nothing(_: Connection) -> None:
    return


@asynccontextmanager
async def connected(
    dsn: str, *, size_max: int = 8, name: str = "dunnock", stateless: bool = False
) -> AsyncIterator[Pool]:
    """A pool on `dsn` inside the block. Raises what asyncpg raises when the server is away.

    `stateless`: nobody leaves anything behind in a session (locks, settings, cursors), so that it
    needs no cleaning between two uses, which costs as much as a statement.
    """
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size_max,
        timeout=_CONNECT_S_MAX,
        command_timeout=STATEMENT_S_MAX,
        init=_prepare,
        reset=_nothing if stateless else None,
        server_settings={"application_name": name, "timezone": "UTC"},
    )
    try:
        yield pool
    finally:
        pool.terminate()
