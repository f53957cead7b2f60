"""Counts what a draft would mean for the customers there are, within bounds (domain/impact)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import orjson
from pydantic import ValidationError

from connectors.postgres.pool import Pool
from connectors.postgres.rule_sets import Refused
from domain.collections.policy import CollectionsPolicy, load_policy
from domain.collections.state import CustomerState
from domain.impact.count import Counts, count
from domain.impact.limits import ImpactLimits, load_impact_limits
from domain.rulesets import parse, replaced

#: Small enough that the time that is left is looked at often.
BATCH_ROWS = 50
#: Counting takes seconds: who finds another at it is told so, soon enough to try again.
PATIENCE_S = 2.0
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
Documents = Mapping[str, bytes]


class Batches(Protocol):
    """Counts one batch of rows; away from the event loop."""

    async def __call__(self, job: bytes) -> Counts: ...


@cache
def limits() -> ImpactLimits:
    """The bounds and thresholds."""
    return load_impact_limits()


async def in_thread(job: bytes) -> Counts:
    """The plain way: a thread of this process."""
    return await asyncio.to_thread(run_job, job)


def job_of(present: Documents, draft: Documents, rows: Sequence[Any], now: datetime) -> bytes:
    """What a counting process is told."""
    return orjson.dumps(
        {
            "present": {name: text.decode() for name, text in present.items()},
            "draft": {name: text.decode() for name, text in draft.items()},
            "rows": list(rows),
            "now": now,
        }
    )


def run_job(job: bytes) -> Counts:
    """Count what `job_of` describes. Rows that this release can't read are left out."""
    told = orjson.loads(job)
    present = _policy(tuple(sorted(told["present"].items())))
    draft = {name: parse(name, text) for name, text in told["draft"].items()}
    states = []
    for row in told["rows"]:
        try:
            states.append(CustomerState.model_validate_json(orjson.dumps(row)))
        except ValidationError:
            continue
    return count(states, present, draft, datetime.fromisoformat(told["now"]), limits())


@lru_cache(maxsize=4)
def _policy(present: tuple[tuple[str, str], ...]) -> CollectionsPolicy:
    base = load_policy("https://impact.invalid/pay", "nothing-is-ever-signed-with-this-secret")
    return replaced(base, {name: parse(name, text) for name, text in present})


async def counted(
    pool: Pool, batches: Batches, present: Documents, draft: Documents, now: datetime
) -> tuple[Counts, int]:
    """The counts of a sample of those who owe, and how many owe in all.

    Stops when the sample or the time is used up: `counted` tells how far it came. Holds no
    connection while it counts. One at a time: raises Refused where another is at it.
    """
    bounds, total = limits(), Counts()
    async with _turn():
        ends = time.monotonic() + bounds.seconds_max
        of = await pool.fetchval(
            "SELECT count(*) FROM customers WHERE has_debt AND row IS NOT NULL"
        )
        sample = await _sample(pool, bounds.sample_max)
        for first in range(0, len(sample), BATCH_ROWS):
            rows = sample[first : first + BATCH_ROWS]
            total = total.plus(await batches(job_of(present, draft, rows, now)))
            if time.monotonic() >= ends:
                break
    return total, int(of)


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """A sample is megabytes and the counting process is one: only one check has them."""
    turn = _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await turn.acquire()
    except TimeoutError:
        raise Refused("busy") from None
    try:
        yield
    finally:
        turn.release()


async def _sample(pool: Pool, size: int) -> list[orjson.Fragment]:
    """By a hash of the id: a sample that is no choice of anybody, and the same one twice.

    As text, for it only goes on to who counts.
    """
    rows = await pool.fetch(
        'SELECT "row"::text AS text FROM customers WHERE has_debt AND "row" IS NOT NULL'
        " ORDER BY md5(customer_id) LIMIT $1",
        size,
    )
    return [orjson.Fragment(row["text"]) for row in rows]
