"""What becomes of single records: poison, deletions, large ones, and a logic that fails."""

from __future__ import annotations

import json

import pytest
from confluent_kafka import Producer

from streams.group_reader import GroupReader
from streams.producer import TransactionalProducer
from streams.topics import DEAD_LETTERS, INVOICES, PAYMENTS
from tests.integration.engine.harness import Installation, Worker, wait_until

pytestmark = pytest.mark.slow


def test_poison_becomes_one_dead_letter_and_the_rest_goes_on(home: Installation) -> None:
    """Also across a kill: the dead letter is in the transaction of its batch."""
    worker = home.worker().wait_ready()
    home.send(200)
    home.send_raw(b"k1", b"poison")
    home.send_raw(None, b"\xff\xfe")
    home.send_raw(b"k2", b"x" * 900_000, topic=INVOICES)
    home.send(200, topic=INVOICES)
    home.assert_exact()
    worker.kill()
    worker = home.worker().wait_ready()
    _commit_and_abort(home)
    home.assert_exact()
    _assert_read_to_the_end(home, worker)
    letters = home.read(home.topic(DEAD_LETTERS))
    origins = sorted(
        (headers["dl_topic"], headers["dl_reason"], len(letter.value()))
        for letter in letters
        for headers in [dict(letter.headers())]
    )
    assert origins == [
        (INVOICES.encode(), b"not_a_number", 900_000),
        (PAYMENTS.encode(), b"not_a_number", 2),
        (PAYMENTS.encode(), b"not_a_number", 6),
    ]


def test_what_the_broker_would_refuse_stops_nobody(home: Installation) -> None:
    """Too large an output, row or input: one dead letter each, all else of them undone."""
    worker = home.worker().wait_ready()
    home.send(100)
    home.send_raw(b"k1", b"999001")
    home.send_raw(b"k1", b"999002")
    _send_compressed(home, b"k1", b"x" * 20_000_000)
    home.send(100, topic=INVOICES)
    home.send(100)
    home.assert_exact()
    wait_until(lambda: len(home.read(home.topic(DEAD_LETTERS))) >= 3, 20, worker.tail)
    letters = [(m, dict(m.headers())) for m in home.read(home.topic(DEAD_LETTERS))]
    assert [(about["dl_reason"], len(letter.value())) for letter, about in letters] == [
        (b"too_large_output", 6),
        (b"too_large_row", 6),
        (b"not_a_number", 1_000_000),
    ]
    assert int(letters[2][1]["dl_cut"]) > 20_000_000
    assert worker.process.poll() is None


def _send_compressed(home: Installation, key: bytes, value: bytes) -> None:
    """The broker looks at the compressed size only."""
    producer = Producer(
        {
            "bootstrap.servers": home.kafka,
            "partitioner": "murmur2_random",
            "compression.type": "gzip",
            "message.max.bytes": 50_000_000,
        }
    )
    producer.produce(home.topic(PAYMENTS), value, key)
    assert producer.flush(30) == 0


def _commit_and_abort(home: Installation) -> None:
    """One transaction of somebody else that counts, one that does not and is the last."""
    for value, commit in ((b"1", True), (b"5", False)):
        producer = TransactionalProducer(home.kafka, f"{home.app_id}-somebody")
        producer.init()
        producer.begin()
        producer.produce(home.topic(PAYMENTS), b"k1", value)
        if commit:
            producer.commit([], None)
            home.sent["k1"] += 1
        else:
            producer.abort()
        producer.close()


def _assert_read_to_the_end(home: Installation, worker: Worker) -> None:
    """Positions pass over markers and aborted records: a look waits for exactly that."""
    reader = GroupReader(home.kafka, "somebody")
    payments = home.topic(PAYMENTS)
    ends = {str(p): reader.end_offsets([payments], p)[payments] for p in range(home.partitions)}
    reader.close()

    def positions() -> dict[str, int]:
        lanes = worker.status()["partitions"]
        return {partition: lane["applied"][PAYMENTS] for partition, lane in lanes.items()}

    wait_until(lambda: positions() == ends, 20, lambda: f"{positions()} of {ends}")


def test_an_unexpected_exception_acks_nothing(home: Installation) -> None:
    """Stock Faust would commit the failing event. We end, and the next start handles it."""
    worker = home.worker(COUNTING_FAILS_ON="7").wait_ready()
    home.send(50)
    home.assert_exact()
    home.send_raw(b"k1", b"7")
    assert worker.process.wait(20) == 1
    again = home.worker(COUNTING_FAILS_ON="7")
    assert again.process.wait(60) == 1, again.tail()
    home.sent["k1"] += 7
    home.worker().wait_ready()
    wait_until(
        lambda: home.changelog_rows("customer_history").get("k1") == b"%d" % home.sent["k1"], 30
    )


def test_deleted_rows_stay_deleted_and_rows_are_served_only_when_recovered(
    home: Installation,
) -> None:
    """Tombstones survive a wiped disk; `/readyz` is 200 only once every row is back."""
    worker = home.worker().wait_ready()
    home.send(1_000, keys=100)
    home.assert_exact()
    home.send_raw(b"k5", b"0")
    wait_until(lambda: "k5" not in home.changelog_rows("customer_history"), 20)
    worker.kill()

    fresh = home.worker("w2")
    answers: list[int] = []

    def first_ready() -> bool:
        answers.append(fresh.get("/readyz")[0])
        return answers[-1] == 200

    wait_until(first_ready, 60, fresh.tail)
    assert set(answers) <= {0, 503, 200}
    # This very moment everything must be there.
    assert fresh.partitions() == {0, 1}
    found = [fresh.get(f"/internal/rows/customer_history/k6?partition={p}") for p in range(2)]
    assert sorted(code for code, _ in found) == [200, 404]
    assert [json.loads(body) for code, body in found if code == 200] == [10]
    gone = [fresh.get(f"/internal/rows/customer_history/k5?partition={p}")[0] for p in range(2)]
    assert gone == [404, 404]
    assert fresh.get("/internal/rows/customer_history/k6?partition=99")[0] == 421
    assert fresh.get("/internal/rows/nothing/k6?partition=0")[0] == 404


def test_another_partition_count_refuses_to_start(home: Installation) -> None:
    """Rows live in the partition of their event: counts that differ would split customers."""
    home.prepare(PAYMENTS)
    worker = home.worker(DUNNOCK_PARTITIONS="3")
    assert worker.process.wait(30) != 0
    said = worker.log.read_text()
    assert "set to 3 partitions" in said
    assert "payments has 2" in said
