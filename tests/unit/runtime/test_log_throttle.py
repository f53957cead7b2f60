"""What a library repeats is counted, not written."""

from __future__ import annotations

import logging

from runtime.log_throttle import PASS_MAX, PERIOD_S, Throttle


def _record(name: str, text: str = "node %s is away") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, text, (1,), None)


def test_repetitions_are_left_out_and_counted() -> None:
    now = 0.0
    throttle = Throttle(("aiokafka",), lambda: now)
    passed = [throttle.filter(_record("aiokafka.conn")) for _ in range(PASS_MAX + 3)]
    assert passed == [True] * PASS_MAX + [False] * 3
    assert throttle.filter(_record("aiokafka.conn", "another text %s"))
    now = PERIOD_S
    late = _record("aiokafka.conn")
    assert throttle.filter(late)
    assert late.getMessage() == "node 1 is away (3 like it left out)"


def test_our_own_records_always_pass() -> None:
    throttle = Throttle(("aiokafka",))
    assert all(throttle.filter(_record("dunnock.x")) for _ in range(100))
    assert all(throttle.filter(_record("aiokafkaesque")) for _ in range(100))
