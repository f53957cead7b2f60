"""After a run of the town, no log of any process knows its people."""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from simulators.town import Town
from tests.faults.stack import Stack, running_stack
from tests.integration.outside.outsider import Outsider, until

SEED, RATE, PEOPLE = 20260601, 60.0, 200
ENOUGH_MESSAGES = 10


def secrets() -> set[str]:
    """Names, phones, mail addresses, streets and IBANs of the town's people, as events say them."""
    found: set[str] = set()
    town = Town(seed=SEED, start=datetime(2026, 6, 1, 9, tzinfo=UTC), rate=RATE, people=PEOPLE)
    for event in islice(town.events(), 3_000):
        text = (event.value or b"").decode(errors="replace")
        for field in ("given", "family", "mobile", "email", "iban", "street"):
            found |= set(re.findall(rf'"{field}":"([^"]{{3,}})"', text.replace('": "', '":"')))
    return found


def log_files(stack: Stack) -> list[Path]:
    """Every log of the run."""
    place = re.search(r"logs are in (\S+?)\.?\s", stack.log.read_text())
    assert place is not None
    return sorted(Path(place[1]).glob("*.log*"))


def test_no_log_knows_the_people_of_the_town() -> None:
    """Also not when a worker is killed, a gateway fails and records are poison."""
    environment = {
        "DUNNOCK_TOWN_SEED": str(SEED),
        "DUNNOCK_TOWN_RATE": str(RATE),
        "DUNNOCK_TOWN_PEOPLE": str(PEOPLE),
    }
    people = secrets()
    assert len(people) > PEOPLE
    with running_stack("--clock", "simulated", **environment) as stack:
        outsider = Outsider(stack.info())
        one = min(people)
        outsider.publish_raw("customers", "c", f'{{"name": "{one}"'.encode(), [])
        outsider.simulator("email", "/faults", {"error_rate": 0.5})
        until(lambda: outsider.simulator("sms", "/received")[ENOUGH_MESSAGES:], "messages")
        os.kill(stack.pids("worker-")["worker-0"], signal.SIGKILL)
        time.sleep(10)
        files = log_files(stack)
        assert len(files) >= len(stack.info()["pids"]) - 1
        told = {
            (file.name, secret)
            for file in files
            for text in [file.read_text(errors="replace")]
            for secret in people
            if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text)
        }
        assert told == set()
