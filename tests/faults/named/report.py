"""`make faults-report`: the table of all faults that were asked for, from the results file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults.named import results
from tests.faults.named.asked import ASKED
from tests.faults.named.results import Result

REPORT = results.RESULTS.with_name("faults-report.md")
NOT_MEASURED = "not measured"
#: Fault -> a figure and the seconds it should stay below. Missing it spoils no count, and is told.
AIMS = {
    "worker-kill": ("its first event, longest s", 5.0),
    "rolling-restart": ("longest gap of a partition, s", 5.0),
}
_HEAD = """\
# Faults on the real stack

Written by `make faults-report` from [faults-results.jsonl](faults-results.jsonl); not edited by
hand. The newest run of each fault counts, unless it is a good but shorter one; all stay in the
file. How a run is judged: [faults.md](faults.md). `make faults NAME=<fault>` repeats one, with
`FULL=1` in the size that was asked for.

"""
_COLUMNS = (
    "fault",
    "asked for",
    "what was run",
    "events",
    "lost",
    "wrong",
    "sent twice",
    "reminded after payment",
    "s to lag zero",
    "verdict",
)


def newest(found: Sequence[Result]) -> dict[str, Result]:
    """The last result of each fault; a full one is not hidden by a later short one."""
    chosen: dict[str, Result] = {}
    for one in found:
        known = chosen.get(one.fault)
        if known is None or one.full or not known.full or not one.good:
            chosen[one.fault] = one
    return chosen


def verdict(result: Result) -> str:
    """In a word; a bad count is bold."""
    if not result.good:
        return "**NOT GOOD**"
    words = ["good"] if result.full else ["good", "shorter than asked for"]
    figure, seconds_max = AIMS.get(result.fault, ("", 0.0))
    if float(result.figures.get(figure, 0)) > seconds_max:
        words.append(f"**aim of {seconds_max:.0f} s missed**")
    return ", ".join(words)


def written(found: Sequence[Result]) -> str:
    """The report's text."""
    chosen = newest(found)
    lines = [_row(_COLUMNS), _row(["---"] * len(_COLUMNS))]
    for name, asked in ASKED.items():
        if name in chosen:
            lines.append(_row(_cells(asked, chosen[name])))
        else:
            lines.append(_row([f"`{name}`", asked, NOT_MEASURED, *["-"] * 6, NOT_MEASURED]))
    missing = [name for name in ASKED if name not in chosen]
    counted = f"{len(ASKED) - len(missing)} of {len(ASKED)} faults were measured."
    table = "\n".join(lines)
    return f"{_HEAD}{counted}\n\n{table}\n\n{_further(chosen)}{_versions(chosen)}"


def _cells(asked: str, result: Result) -> list[str]:
    counts = (result.lost, result.wrong, result.sent_twice, result.reminded_after_payment)
    return [
        f"`{result.fault}`",
        asked,
        result.ran,
        f"{result.events:,}",
        *("not judged" if one is None else f"**{one}**" if one else "0" for one in counts),
        "never" if result.seconds_to_lag_zero is None else f"{result.seconds_to_lag_zero:.1f}",
        verdict(result),
    ]


def _further(chosen: dict[str, Result]) -> str:
    """What each fault measures besides, and what was not met."""
    parts = ["## Figures of each fault\n"]
    for name in ASKED:
        if name not in chosen:
            continue
        result = chosen[name]
        figures = "; ".join(f"{label}: {value}" for label, value in result.figures.items())
        parts.append(f"- `{name}` ({result.at}, `{result.commit}`, seed {result.seed}): {figures}")
        parts += [f"  - **not met**: {sentence}" for sentence in result.failed]
    return "\n".join(parts) + "\n\n"


def _versions(chosen: dict[str, Result]) -> str:
    """Each combination of machine and versions with the faults that ran on it."""
    ran_on: dict[str, list[str]] = {}
    for name, result in chosen.items():
        libraries = ", ".join(f"{one} {number}" for one, number in result.versions.items())
        ran_on.setdefault(f"{result.machine}; {libraries}", []).append(name)
    lines = [f"- {where}: {', '.join(sorted(names))}" for where, names in ran_on.items()]
    return "## Machines and versions\n\n" + "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; exit code 1 when one of its results isn't good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=results.RESULTS)
    parser.add_argument("--out", type=Path, default=REPORT)
    chosen = parser.parse_args(arguments)
    found = results.read(chosen.results)
    chosen.out.write_text(written(found))
    print(f"{chosen.out}: {len(found)} results")
    return 0 if all(one.good for one in newest(found).values()) else 1


if __name__ == "__main__":
    sys.exit(main())
