"""The command line as people and scripts use it."""

from __future__ import annotations

import pytest

from dunnock.embedded.problems import Problem
from dunnock.main import main, parser
from dunnock.processes import entrypoint, load
from dunnock.up import up


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    for command in ("up", "prepare", "worker", "dispatcher", "projector", "web", "simulator"):
        assert f"  {command}" in shown


def test_up_defaults_are_two_workers_traffic_and_the_real_clock() -> None:
    chosen = parser().parse_args(["up"])
    assert (chosen.workers, chosen.no_traffic, chosen.clock, chosen.ports) == (
        2,
        False,
        "real",
        "fixed",
    )


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--workers", "0"],
        ["up", "--clock", "sundial"],
        ["dispatcher", "pigeon"],
        ["simulator"],
        [],
    ],
)
def test_nonsense_ends_with_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("command", "kind", "expected"),
    [
        ("worker", "", ("dunnock.worker", ())),
        ("dispatcher", "sms", ("dunnock.dispatcher", ("sms",))),
        ("simulator", "psp", ("simulators.psp", ())),
    ],
)
def test_each_command_has_its_module(
    command: str, kind: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    assert entrypoint(command, kind) == expected


def test_a_missing_part_is_one_sentence() -> None:
    with pytest.raises(Problem, match=r"This installation has no dunnock\.nonsense"):
        load("dunnock.nonsense")


def test_a_file_that_has_no_directory_is_found_out_before_anything_starts() -> None:
    with pytest.raises(Problem, match="no directory for"):
        up(parser().parse_args(["up", "--ephemeral", "--json", "/no/such/directory/up.json"]))
