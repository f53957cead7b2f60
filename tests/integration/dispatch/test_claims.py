"""The claim of a message, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.postgres.dispatch_rows import Claim, Dispatch, Withdrawal
from connectors.postgres.dispatches import Dispatches
from connectors.postgres.migrate import migrate
from connectors.postgres.pool import Pool

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _claim(**changes: object) -> Claim:
    fields: dict[str, object] = {
        "message_id": f"m-{uuid.uuid4()}",
        "channel": "sms",
        "customer_id": "c-1",
        "kind": "reminder",
        "handed_over": False,
        "not_after": datetime.now(UTC) + timedelta(hours=1),
    }
    return Claim(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def dispatches(pool: Pool) -> Dispatches:
    return Dispatches(pool, simulated=False, give_up_s=600)


@pytest.fixture
async def simulated_now(pool: Pool) -> AsyncIterator[datetime]:
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    await pool.execute("INSERT INTO simulated_clock (now) VALUES ($1)", now)
    yield now
    await pool.execute("DELETE FROM simulated_clock")


async def test_migrating_again_changes_nothing(migrated_url: str, pool: Pool) -> None:
    before = await pool.fetch("SELECT * FROM alembic_version ORDER BY 1")
    await asyncio.to_thread(migrate, migrated_url)
    assert await pool.fetch("SELECT * FROM alembic_version ORDER BY 1") == before


async def test_of_many_at_once_one_gets_the_claim(dispatches: Dispatches) -> None:
    ask = _claim()
    got = await asyncio.gather(*(dispatches.claim(ask) for _ in range(20)))
    assert [d.fresh for d in got].count(True) == 1
    assert {d.state for d in got} == {"claimed"}


async def test_an_expired_message_is_refused(dispatches: Dispatches) -> None:
    got = await dispatches.claim(_claim(not_after=LONG_AGO, handed_over=True))
    assert (got.state, got.reason) == ("expired", "not_after")
    assert got.finished_at is not None


async def test_a_withdrawn_message_is_refused_with_its_reason(dispatches: Dispatches) -> None:
    ask = _claim(not_after=LONG_AGO)
    withdrawal = Withdrawal(ask.message_id, "c-1", "paid", datetime.now(UTC))
    await dispatches.record_withdrawals([withdrawal])
    await dispatches.record_withdrawals([withdrawal])
    got = await dispatches.claim(ask)
    assert (got.state, got.reason) == ("withdrawn", "paid")


async def test_the_simulated_clock_counts_where_it_is_asked_for(
    pool: Pool, simulated_now: datetime
) -> None:
    simulated = Dispatches(pool, simulated=True, give_up_s=600)
    await pool.execute("UPDATE simulated_clock SET now = now + interval '1 day'")
    simulated_now += timedelta(days=1)
    assert await simulated.now() == simulated_now
    ask = _claim(not_after=simulated_now + timedelta(seconds=1))
    assert (await simulated.claim(ask)).state == "claimed"
    finished = await simulated.finish(ask.message_id, "sent")
    assert finished.finished_at == simulated_now
    late = _claim(not_after=simulated_now - timedelta(seconds=1))
    assert (await simulated.claim(late)).state == "expired"
    assert (await Dispatches(pool, simulated=False, give_up_s=600).now()) != simulated_now


async def test_a_finished_dispatch_stays_as_it_is(dispatches: Dispatches) -> None:
    ask = _claim()
    await dispatches.claim(ask)
    sent = await dispatches.finish(ask.message_id, "sent", provider_id="p-1")
    assert await dispatches.finish(ask.message_id, "failed", reason="late") == sent
    again = await dispatches.claim(ask)
    assert (again.state, again.fresh, again.receipted) == ("sent", False, False)
    await dispatches.mark_receipts([ask.message_id])
    assert (await dispatches.claim(ask)).receipted


async def test_only_one_hands_over_until_it_is_taken_back(dispatches: Dispatches) -> None:
    ask = _claim()
    await dispatches.claim(ask)
    assert await dispatches.hand_over(ask.message_id)
    assert not await dispatches.hand_over(ask.message_id)
    assert (await dispatches.get(ask.message_id)).handed_over
    await dispatches.take_back(ask.message_id)
    assert await dispatches.hand_over(ask.message_id)


async def _claimed(dispatches: Dispatches) -> Dispatch:
    return await dispatches.claim(_claim())


async def test_another_try_goes_on_and_is_counted(dispatches: Dispatches) -> None:
    claimed = await _claimed(dispatches)
    again = await dispatches.reconsider(claimed.message_id)
    assert (again.state, claimed.attempts, again.attempts) == ("claimed", 1, 2)


async def test_another_try_sees_a_withdrawal(dispatches: Dispatches) -> None:
    claimed = await _claimed(dispatches)
    at = datetime.now(UTC)
    await dispatches.record_withdrawals([Withdrawal(claimed.message_id, "c-1", "paid", at)])
    again = await dispatches.reconsider(claimed.message_id)
    assert (again.state, again.reason) == ("withdrawn", "paid")


async def test_another_try_is_not_made_for_ever(pool: Pool) -> None:
    impatient = Dispatches(pool, simulated=False, give_up_s=0)
    claimed = await _claimed(impatient)
    again = await impatient.reconsider(claimed.message_id)
    assert (again.state, again.reason) == ("failed", "gave_up")


async def test_what_is_handed_over_is_not_reconsidered(dispatches: Dispatches) -> None:
    claimed = await dispatches.claim(_claim(handed_over=True))
    assert claimed.handed_over
    at = datetime.now(UTC)
    await dispatches.record_withdrawals([Withdrawal(claimed.message_id, "c-1", "paid", at)])
    assert (await dispatches.reconsider(claimed.message_id)).state == "claimed"


async def test_the_simulated_clock_has_a_beginning(pool: Pool) -> None:
    simulated = Dispatches(pool, simulated=True, give_up_s=600)
    assert await simulated.now() == datetime(2026, 6, 1, 9, tzinfo=UTC)
