"""`kill -9` of a dispatcher: nothing is lost and nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.integration.dispatch.rig import Rig, message, until


class Process:
    """The dispatcher as a process of its own, started again after each kill."""

    def __init__(self, rig: Rig) -> None:
        settings = rig.settings
        self._channel = rig.channel
        self._environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "DUNNOCK_KAFKA": settings.kafka,
            "DUNNOCK_TOPIC_PREFIX": settings.topic_prefix,
            "DUNNOCK_SMS_URL": settings.sms_url,
            "DUNNOCK_SMTP": settings.smtp,
            "DUNNOCK_PROCESS_NAME": settings.process_name,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dunnock", "dispatcher", self._channel],
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def sms_process(sms: Rig) -> Iterator[Process]:
    process = Process(sms)
    yield process
    process.kill()


@pytest.fixture
def mail_process(mail: Rig) -> Iterator[Process]:
    process = Process(mail)
    yield process
    process.kill()


@pytest.mark.slow
async def test_three_kills_under_load(sms: Rig, sms_process: Process) -> None:
    sms_process.start()
    every = []
    for _ in range(3):
        batch = [message() for _ in range(100)]
        every += batch
        before = len(await sms.received())
        await sms.write(*batch)

        async def some_left(before: int = before) -> bool | None:
            return len(await sms.received()) >= before + 20 or None

        await until(some_left)
        sms_process.kill()
        sms_process.start()
    assert set(await sms.settled(*every)) == {"sent"}
    received = await sms.received()
    assert len(received) == len(every)
    assert set(received) == {one.message_id for one in every}
    receipts = await sms.receipts(*every)
    assert {r["data"]["message_id"] for r in receipts} == set(received)
    by_id = {r["headers"]["ce_id"]: r["value"] for r in receipts}
    assert all(by_id[r["headers"]["ce_id"]] == r["value"] for r in receipts)


@pytest.mark.slow
async def test_a_message_in_doubt_is_asked_for_and_not_repeated(
    sms: Rig, sms_process: Process
) -> None:
    await sms.faults(garbage=True)
    sms_process.start()
    one = message()
    await sms.write(one)

    async def taken() -> bool | None:
        return await sms.received() == [one.message_id] or None

    await until(taken)
    sms_process.kill()
    await sms.faults()
    sms_process.start()
    assert await sms.settled(one) == ["sent"]
    assert await sms.received() == [one.message_id]


@pytest.mark.slow
async def test_a_mail_in_doubt_is_unknown(mail: Rig, mail_process: Process) -> None:
    await mail.faults(latency_ms=700)
    mail_process.start()
    one = message("email")
    await mail.write(one)

    async def handed_over() -> bool | None:
        return (await mail.row(one.message_id)).get("handover_at") is not None or None

    await until(handed_over)
    mail_process.kill()
    await asyncio.sleep(1)
    mail_process.start()
    (receipt,) = await mail.receipts(one)
    assert receipt["data"]["detail"] == {"reason": "interrupted", "state": "unknown"}
    # Whether it arrived is what nobody can know; that it is not sent again is what counts.
    assert len(await mail.received()) <= 1
