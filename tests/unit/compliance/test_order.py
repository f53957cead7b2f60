"""Whatever the order of arrival: the same ledger, the same locks, the same verdicts (I5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.collections.story import CUSTOMER, START, Story
from tests.unit.compliance.packs import asked, callable_now, living_in

_HOURS = st.integers(-72, 0)
_CHANNELS = st.sampled_from(["sms", "email", "push"])


def _at(hours: int) -> str:
    return (START + dt.timedelta(hours=hours)).isoformat()


def _told(ce_type: str, hours: int, **fields: Any) -> tuple[str, dict[str, Any]]:
    return ce_type, {"customer_id": CUSTOMER, "at": _at(hours)} | fields


_ACTION = {"by": "agent-7"}
_EVENTS = st.one_of(
    st.builds(
        lambda hours, channel, granted, address: _told(
            "consent.recorded.v1", hours, channel=channel, granted=granted, address=address,
            purpose="collection", **_ACTION,
        ),
        _HOURS, _CHANNELS, st.booleans(), st.sampled_from([None, "eva@example.org", "x@y.org"]),
    ),
    st.builds(
        lambda hours, channel: _told("message.received.v1", hours, channel=channel, text="STOP"),
        _HOURS, _CHANNELS,
    ),
    st.builds(
        lambda hours, channel: _told("contact.opted-out.v1", hours, channel=channel),
        _HOURS, _CHANNELS,
    ),
    st.builds(
        lambda hours, what, channel: _told(
            f"contact.{what}.v1", hours, channels=channel and [channel], **_ACTION
        ),
        _HOURS, st.sampled_from(["stopped", "resumed"]), st.one_of(st.none(), _CHANNELS),
    ),
    st.builds(
        lambda hours, kind, about: _told(
            kind, hours, channel="call", detail=about and {"invoice_ids": [about]}
        ),
        _HOURS, st.sampled_from(["call.attempted.v1", "conversation.held.v1"]),
        st.sampled_from([None, "i1", "i2"]),
    ),
    st.builds(
        lambda hours, n: _told(
            "contact.limited.v1", hours, limit_id=f"l{n}", kind="third_party",
            channels=[["sms"], ["push"]][n % 2], **_ACTION,
        ),
        st.just(-5), st.integers(0, 3),
    ),
    st.builds(
        lambda hours, n: _told("contact.limit-lifted.v1", hours, limit_id=f"l{n}", **_ACTION),
        st.just(-4), st.integers(0, 3),
    ),
)  # fmt: skip


def _lived(events: list[tuple[str, tuple[str, dict[str, Any]] | None]]) -> Story:
    story = Story(START + dt.timedelta(hours=6))
    story.holds_looks = True
    for ce_id, event in events:
        if event is None:
            story.customer(**living_in("US"))
        else:
            story.tell(*event, ce_id)
    return story.invoice("i1").invoice("i2").failed("i1").failed("i2")


@given(told=st.lists(_EVENTS, max_size=9), order=st.randoms(use_true_random=False))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_the_order_of_arrival_changes_nothing(
    told: list[tuple[str, dict[str, Any]]], order: Any
) -> None:
    """What is kept, whether a reminder may go and where, and who may be called."""
    # None: the customer becomes known.
    events = [(f"x{n}", event) for n, event in enumerate([None, *told])]
    shuffled = list(events)
    order.shuffle(shuffled)
    one, other = _lived(events), _lived(shuffled)
    assert one.state is not None
    assert other.state is not None
    assert asked(one) == asked(other)
    assert callable_now(one) == callable_now(other)
    kept, also = one.state.compliance, other.state.compliance
    assert (kept.calls, kept.consents, kept.stops, kept.resumes) == (
        also.calls, also.consents, also.stops, also.resumes,
    )  # fmt: skip
    assert (kept.limits, kept.lifted) == (also.limits, also.lifted)
