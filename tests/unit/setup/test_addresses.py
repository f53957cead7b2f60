"""Ports: documented ones, or any free ones."""

from __future__ import annotations

import socket

import pytest

from dunnock.addresses import FIXED, Ports
from dunnock.embedded.problems import Problem


def test_fixed_ports_are_the_documented_ones() -> None:
    ports = Ports(auto=False)
    assert (ports["web"], ports["kafka"], ports["worker-3"]) == (8080, 9092, 8203)
    assert ports.url("simulator-sms") == "http://127.0.0.1:8101"


def test_fixed_ports_differ() -> None:
    assert len(set(FIXED.values())) == len(FIXED)


def test_automatic_ports_stay_and_differ() -> None:
    ports = Ports(auto=True)
    given = [ports[name] for name in FIXED]
    assert len(set(given)) == len(given)
    assert [ports[name] for name in FIXED] == given


def test_a_taken_port_says_which_and_what_to_do() -> None:
    ports = Ports(auto=True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["web"]))
        other.listen()
        with pytest.raises(Problem) as told:
            ports.require_free(["kafka", "web"])
    assert str(told.value).startswith(f"Port {ports['web']} (web) taken by another program")
    assert "--ports auto" in str(told.value)
