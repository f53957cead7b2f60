"""`make race`: 10,000 payments against 10,000 reminders.

python -m tests.faults.race.run --tries 10000 [--hasty]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dunnock.embedded import kafka, postgres, redis
from dunnock.embedded.ports import free_port
from dunnock.embedded.process import running
from tests.faults.collect import read_topics
from tests.faults.publisher import Publisher
from tests.faults.race.rig import Rig, Servers, racing_workers
from tests.faults.race.tries import prepare, run_tries
from tests.faults.race.verdict import Verdict, judge_race

#: Of 10,000 tries at least 2,000 must come within 20 ms of the look.
NEAR_SHARE_MIN = 0.2
#: Both sides must win often, or it was no race.
SIDE_SHARE_MIN = 0.05
#: No further reminder for so long: there are no more.
QUIET_S = 5.0


def race(
    servers: Servers, place: Path, tries: int, *, hasty: bool = False, per_second: float = 80
) -> Verdict:
    """Run the tries on workers of their own and judge them."""
    with racing_workers(servers, place, hasty=hasty) as rig:
        publisher = Publisher(servers.kafka, servers.prefix)
        planned = prepare(rig, publisher, tries, f"race{uuid.uuid4().hex[:6]}")
        run_tries(rig, publisher, planned, per_second, random.Random(tries))
        messages = _reminders(rig)
        looks, decisions = rig.questions(), rig.decisions()
        return judge_race(planned, publisher.by_id, looks, messages, decisions, publisher.sent)


def _reminders(rig: Rig) -> dict[str, dict[str, Any]]:
    """The reminders by customer, once no more come: a look may end later than its records."""
    topic = f"{rig.servers.prefix}messages.sms"
    found: dict[str, dict[str, Any]] = {}
    while True:
        time.sleep(QUIET_S)
        before = len(found)
        for entry in read_topics(rig.servers.kafka, [topic], {}):
            data = json.loads(entry.value or b"{}")
            if entry.header("ce_type") == "message.requested.v1" and data["kind"] == "reminder":
                found[data["customer_id"]] = data
        if len(found) == before:
            return found


@contextmanager
def own_servers(place: Path) -> Iterator[Servers]:
    """A broker and databases for one race."""
    place.chmod(0o711)
    programs = (
        kafka.prepare(place / "kafka", port=free_port(), controller_port=free_port()),
        postgres.prepare(
            place / "postgres", port=free_port(), password=uuid.uuid4().hex, keep=False
        ),
        redis.prepare(place / "redis", port=free_port(), keep=False),
    )
    with ExitStack() as all_running:
        for program in programs:
            all_running.enter_context(running(program, place / f"{program.name}.log"))
        broker, database, cache = (program.address for program in programs)
        yield Servers(broker, database, cache, prefix="race.")


def both_sides_won(verdict: Verdict) -> bool:
    """Whether payments came before and after looks, and reminders were both held and sent."""
    sides = min(verdict.acknowledged_before, verdict.acknowledged_after)
    winners = min(verdict.payment_won, verdict.reminded)
    return min(sides, winners) >= SIDE_SHARE_MIN * verdict.tries


def was_close(verdict: Verdict) -> bool:
    """Whether enough payments fell into the last milliseconds; a busy machine blurs them."""
    return verdict.within_20_ms >= NEAR_SHARE_MIN * verdict.tries


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: it was a race and no reminder came after a payment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=10_000)
    parser.add_argument("--per-second", type=float, default=80)
    parser.add_argument("--hasty", action="store_true", help="without the last look: must fail")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="dunnock-race-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        with own_servers(place) as servers:
            verdict = race(
                servers,
                place / "race",
                chosen.tries,
                hasty=chosen.hasty,
                per_second=chosen.per_second,
            )
    print("\n".join(verdict.lines()))
    was_a_race = both_sides_won(verdict) and was_close(verdict)
    if not was_a_race:
        print("This was no race: one side hardly won, or the machine is too busy to aim.")
    return 0 if was_a_race and not verdict.violations else 1


if __name__ == "__main__":
    sys.exit(main())
