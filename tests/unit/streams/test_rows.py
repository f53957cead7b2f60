"""The overlay: reads see the batch's writes, the store doesn't."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.memory import MemoryStore
from streams.core.rows import Rows

KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
VALUES = st.one_of(st.none(), st.binary(min_size=1, max_size=2))


def stored(rows: dict[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    store.commit_rows({key.encode(): row for key, row in rows.items()}, 0)
    return store


def test_a_row_put_back_as_it_was_is_no_change() -> None:
    rows = Rows({"t": stored({"a": b"1"})})
    assert rows.get("t", "a") == b"1"
    rows.put("t", "a", b"2")
    rows.put("t", "a", b"1")
    assert rows.changes() == {}


def test_a_row_made_and_deleted_in_the_batch_is_no_change_once_known_to_be_new() -> None:
    rows = Rows({"t": stored({})})
    assert rows.get("t", "x") is None
    rows.put("t", "x", b"1")
    rows.delete("t", "x")
    assert rows.changes() == {}


def test_prefetch_reads_each_table_once() -> None:
    calls: list[int] = []

    class Counting(MemoryStore):
        def multi_get(self, keys):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            calls.append(len(keys))
            return super().multi_get(keys)

        def get(self, key: bytes) -> bytes | None:
            raise AssertionError("prefetched rows are not read again")

    rows = Rows({"t": Counting()})
    rows.prefetch([("t", "a"), ("t", "b"), ("t", "a")])
    assert (rows.get("t", "a"), rows.get("t", "b")) == (None, None)
    assert calls == [2]


@given(
    st.dictionaries(KEYS, st.binary(min_size=1, max_size=2)),
    st.lists(st.tuples(KEYS, VALUES, st.booleans())),
    KEYS,
    KEYS,
    st.integers(1, 4),
)
def test_the_overlay_behaves_like_a_table(
    before: dict[str, bytes],
    writes: list[tuple[str, bytes | None, bool]],
    start: str,
    stop: str,
    limit: int,
) -> None:
    store = stored(before)
    rows = Rows({"t": store})
    model = dict(before)
    for key, value, look_first in writes:
        if look_first:
            assert rows.scan("t", b"a", b"z", 10) == sorted(
                (k.encode(), v) for k, v in model.items()
            )
        if value is None:
            rows.delete("t", key)
            model.pop(key, None)
        else:
            rows.put("t", key, value)
            model[key] = value
        assert rows.get("t", key) == model.get(key)
    expected = sorted((k.encode(), v) for k, v in model.items() if start <= k < stop)
    assert rows.scan("t", start.encode(), stop.encode(), limit) == expected[:limit]
    assert dict(store.items()) == {k.encode(): v for k, v in before.items()}
    store.commit_rows(rows.changes().get("t", {}), 1)
    assert dict(store.items()) == {k.encode(): v for k, v in model.items()}
