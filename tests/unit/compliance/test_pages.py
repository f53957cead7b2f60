"""The pages of docs/jurisdictions say what the rows do, and no row is missing there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.collections.story import POLICY

PAGES = Path(__file__).parents[3] / "docs" / "jurisdictions"
PAGE_OF = {"NL": "nl", "DE": "de", "UK": "uk", "US": "us", "*": "us"}


@pytest.mark.parametrize("rule", POLICY.contact.rules, ids=lambda rule: rule.id)
def test_every_row_is_on_its_page(rule: object) -> None:
    """A row that people can't read about can't be checked by them."""
    page = (PAGES / f"{PAGE_OF[rule.jurisdiction]}.md").read_text("utf-8")  # type: ignore[attr-defined]
    assert f"`{rule.id}`" in page  # type: ignore[attr-defined]


def _is_unverified(rule: object) -> bool:
    is_of_a_list = rule.id.startswith(("us.limitation", "any."))  # type: ignore[attr-defined]
    return "[unverified]" in rule.source and not is_of_a_list  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "rule", [*filter(_is_unverified, POLICY.contact.rules)], ids=lambda rule: rule.id
)
def test_what_is_unverified_says_so_on_its_page(rule: object) -> None:
    """In the line of its row."""
    page = (PAGES / f"{PAGE_OF[rule.jurisdiction]}.md").read_text("utf-8")  # type: ignore[attr-defined]
    lines = [line for line in page.splitlines() if f"`{rule.id}`" in line]  # type: ignore[attr-defined]
    assert any("[unverified]" in line for line in lines)
