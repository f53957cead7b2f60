"""Signed payment links."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.collections.links import BadLink, LinkClaims, sign, verify

SECRET = "a secret of at least thirty-two characters"
NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
CLAIMS = LinkClaims(
    customer_id="klant/één|1",
    currency="EUR",
    message_id="r-1",
    expires_at=NOW + dt.timedelta(days=30),
)


def test_round_trip() -> None:
    token = sign(SECRET, CLAIMS)
    assert verify(SECRET, token, NOW) == CLAIMS
    assert token.replace("-", "").replace("_", "").isalnum()


def test_expires() -> None:
    with pytest.raises(BadLink, match="expired"):
        verify(SECRET, sign(SECRET, CLAIMS), CLAIMS.expires_at)


@pytest.mark.parametrize("token", ["", "x", "é", "AAAA", "!" * 60, "A" * 400])
def test_rubbish_is_forged(token: str) -> None:
    with pytest.raises(BadLink, match="forged"):
        verify(SECRET, token, NOW)


def test_every_changed_character_is_noticed() -> None:
    token = sign(SECRET, CLAIMS)
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        with pytest.raises(BadLink):
            verify(SECRET, changed, NOW)


def test_another_secret() -> None:
    with pytest.raises(BadLink, match="forged"):
        verify("another secret", sign(SECRET, CLAIMS), NOW)
