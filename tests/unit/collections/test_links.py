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


def test_a_link_for_one_payment_says_so_and_others_are_as_they_were() -> None:
    once = CLAIMS.model_copy(update={"single_use": True})
    assert verify(SECRET, sign(SECRET, once), NOW).single_use
    assert not verify(SECRET, sign(SECRET, CLAIMS), NOW).single_use
    assert len(sign(SECRET, once)) > len(sign(SECRET, CLAIMS))


def test_an_expired_link_still_says_whose_it_was() -> None:
    with pytest.raises(BadLink) as caught:
        verify(SECRET, sign(SECRET, CLAIMS), CLAIMS.expires_at)
    assert caught.value.claims == CLAIMS
