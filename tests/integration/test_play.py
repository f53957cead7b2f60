"""`dunnock play` on a real stack: Kafka, workers, dispatchers, gateways, the simulated clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dunnock.main import main
from dunnock.playing.story import find, shipped
from tests.faults.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One for all tests here."""
    with running_stack("--no-traffic", "--clock", "simulated") as running:
        yield running


@pytest.mark.slow
def test_stories_are_true_of_the_running_stack(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the last message, over the wire; and once more when the clock is months later."""
    only_here = [name for name in shipped() if find(name).head.only == "stack"]
    for name in ("s3_paid_by_link", "defect_06_night_is_deferred_and_checked_again", *only_here):
        for _ in range(2):
            assert main(["play", name, "--stack", str(stack.file)]) == 0, capsys.readouterr().out
            told = capsys.readouterr().out
            assert f"Timeline of {name}" in told
            assert "✓ Everything came out as the story says" in told


@pytest.mark.slow
def test_a_story_with_rules_of_its_own_puts_them_back(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Live while it is played, gone afterwards, and live again the next time."""
    stern = 'rules = { id = "reminders", tones = { 1 = "stern" } }'
    plain = "say = 'the starting rules'"
    for first_line, tone in ((stern, "stern"), (plain, "friendly"), (stern, "stern")):
        file = stack.file.with_name(f"{tone}.toml")
        file.write_text(
            f"""title = "Tone"\nproves = "rules of a story"\n[[steps]]\n{first_line}\n
customer = {{ id = "anna" }}\ninvoice = {{ id = "i1" }}\nfailed_debit = {{ invoice = "i1" }}
expect = [{{ sms = "reminder", tone = "{tone}" }}]\n"""
        )
        assert main(["play", str(file), "--stack", str(stack.file)]) == 0, capsys.readouterr().out
