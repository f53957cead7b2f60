"""Mutations of the engine: all of them still apply, and a few are caught in a short hunt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.mutate import StaleMutation, applied, caught, mutations

#: Caught early; `make simulate-mutations` hunts all of them.
QUICK = ("asks-before-the-request", "claims-twice")


def test_there_are_a_dozen_or_more() -> None:
    assert len(mutations()) >= 12


@pytest.mark.parametrize("diff", mutations(), ids=lambda diff: diff.stem)
def test_it_changes_a_file_as_it_is_shipped(diff: Path, tmp_path: Path) -> None:
    applied(diff, tmp_path, only_its_file=True)


def test_a_diff_that_no_longer_applies_is_told(tmp_path: Path) -> None:
    stale = tmp_path / "stale.diff"
    old = "--- a/streams/core/lane.py\n+++ b/streams/core/lane.py\n"
    stale.write_text(f"{old}@@ -1,1 +1,1 @@\n-never was here\n+nor this\n")
    with pytest.raises(StaleMutation, match="stale"):
        applied(stale, tmp_path / "tree", only_its_file=True)


@pytest.mark.parametrize("name", QUICK)
def test_it_is_caught(name: str) -> None:
    found = caught(mutations([name])[0], seeds=20, events=100)
    assert found.holds, found
