"""The engine's own rows: keys and contents of the tables `engine` and `timers`.

`engine` holds the partition's `now`, the next offset applied of each source topic
(`applied|<topic>`), the looks put aside (`look|<ref>`) and how many dead letters came in a row
(so that a worker over its budget stays stopped when it is only started again). `timers` holds a
row for each due thing under `<due ms, 15 digits>|<timer_id>`: key order is the order of falling
due.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson

from streams.core.logic import Timer

ENGINE_TABLE = "engine"
TIMERS_TABLE = "timers"
NOW_KEY = "now"
IN_A_ROW_KEY = "dead-letters-in-a-row"
LOOK_PREFIX = "look|"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class BadTick(ValueError):
    """A tick that doesn't say what time it is."""


def applied_key(topic: str) -> str:
    """Key in `engine` of the next offset applied of a topic."""
    return f"applied|{topic}"


def look_key(ref: str) -> str:
    """Key in `engine` of a look put aside."""
    return LOOK_PREFIX + ref


def epoch_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, rounded up: a timer never fires before it is due."""
    return -((_EPOCH - moment) // _MILLISECOND)


def floor_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, rounded down: what has surely passed."""
    return (moment - _EPOCH) // _MILLISECOND


def from_epoch_ms(milliseconds: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def timer_key(timer: Timer) -> str:
    """Key of the timer's row. What is due before 1970 sorts as if due in 1970."""
    return f"{max(0, epoch_ms(timer.due)):015d}|{timer.timer_id}"


def timer_row(timer: Timer) -> bytes:
    """Content of a row of `timers`."""
    return orjson.dumps({"timer_id": timer.timer_id, "due_ms": epoch_ms(timer.due)})


def timer_of(row: bytes) -> Timer:
    """The timer in a row of `timers`; its due is in UTC."""
    fields = orjson.loads(row)
    return Timer(timer_id=fields["timer_id"], due=from_epoch_ms(fields["due_ms"]))


def due_ms_of_key(key: bytes) -> int:
    """When the timer under this key is due, in milliseconds since 1970."""
    return int(key[:15])


def look_row(ref: str) -> bytes:
    """Content of a look's row."""
    return orjson.dumps({"ref": ref})


def look_ref(row: bytes) -> str:
    """The ref in a look's row."""
    ref: str = orjson.loads(row)["ref"]
    return ref


def applied_row(next_offset: int) -> bytes:
    """Content of an applied-offset row."""
    return orjson.dumps(next_offset)


def applied_offset(row: bytes) -> int:
    """The next offset in an applied-offset row."""
    return int(orjson.loads(row))


def in_a_row_of(row: bytes | None) -> int:
    """How many of the last records in a row became dead letters, from its row if there is one."""
    return 0 if row is None else int(orjson.loads(row))


def in_a_row_row(in_a_row: int) -> bytes:
    """Content of the row under `IN_A_ROW_KEY`."""
    return orjson.dumps(in_a_row)


def now_row(now: datetime) -> bytes:
    """Content of the `now` row: as a tick says it, in UTC."""
    return orjson.dumps({"now": now.astimezone(UTC).isoformat()})


def parse_now(value: bytes | None) -> datetime:
    """The moment in `{"now": RFC 3339}`, in UTC. Raises `BadTick`."""
    try:
        moment = datetime.fromisoformat(orjson.loads(value or b"")["now"])
    except (ValueError, TypeError, KeyError) as error:
        raise BadTick(f"a tick needs now as RFC 3339: {error}") from error
    if moment.tzinfo is None:
        raise BadTick("a tick's now needs an offset from UTC")
    return moment.astimezone(UTC)
