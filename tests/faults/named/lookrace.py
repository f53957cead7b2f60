"""A payment in the last second before a reminder: the race of `make race`, as a named fault."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.faults.named import results
from tests.faults.race.run import both_sides_won, own_servers, race, was_close

RACE = "last-second-payment"
TRIES, TRIES_FULL = 2_000, 10_000
#: More than a busy machine follows are no race: payments win while the worker is behind.
TRIES_PER_SECOND = 80.0


def last_second_payment(*, full: bool, per_second: float = 0) -> results.Result:
    """It has servers, workers and a judge of its own, so only its own counts are judged."""
    tries = TRIES_FULL if full else TRIES
    with tempfile.TemporaryDirectory(prefix="dunnock-race-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        with own_servers(place) as servers:
            rate = per_second or TRIES_PER_SECOND
            verdict = race(servers, place / "race", tries, per_second=rate)
    print("\n".join(verdict.lines()))
    was_a_race = both_sides_won(verdict) and was_close(verdict)
    return results.Result(
        fault=RACE,
        at=results.now(),
        commit=results.commit(),
        full=full,
        ran=f"{tries:,} tries at {rate:.0f}/s",
        seed=tries,
        events=4 * tries,
        lost=len(verdict.lost),
        wrong=None,
        sent_twice=None,
        reminded_after_payment=verdict.late,
        seconds_to_lag_zero=0.0,
        figures={
            "payments within 20 ms of the look": verdict.within_20_ms,
            "payment won": verdict.payment_won,
            "rightly reminded": verdict.reminded,
            "machine's load average, 5 min": round(os.getloadavg()[1], 1),
        },
        failed=[] if was_a_race else ["it was a race: both sides won often, payments came close"],
        versions=results.versions(),
        machine=results.machine(),
    )
