"""murmur2 must agree with Kafka's Java client, or customers end up in other partitions."""

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from streams.core.partitioner import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "expected"),
    [  # org.apache.kafka.common.utils.UtilsTest#testMurmur2
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_agrees_with_the_java_client(data: bytes, expected: int) -> None:
    assert expected & 0xFFFFFFFF == murmur2(data)


@given(st.binary(max_size=64))
def test_agrees_with_aiokafka(data: bytes) -> None:
    assert aiokafka_murmur2(data) & 0xFFFFFFFF == murmur2(data)
    assert (aiokafka_murmur2(data) & 0x7FFFFFFF) % 12 == partition_of(data, 12)
