"""Four eyes are two people's: another spelling of a name makes nobody a second person."""

from __future__ import annotations

import pytest

from domain.identity import same_person


@pytest.mark.parametrize("other", ["anna bos", " ANNA BOS ", "Anna  Bos", "Anna\u00a0Bos"])
def test_another_spelling_is_the_same_person(other: str) -> None:
    """Case and blanks are typing, not people."""
    assert same_person("Anna Bos", other)


def test_another_name_is_another_person() -> None:
    """What differs in letters differs in people."""
    assert not same_person("Anna Bos", "Anna Boss")
    assert not same_person("Anna Bos", "Anne Bos")
