"""`make bench-engine-page`: docs/engine-benchmarks.md and its charts, from the raw results alone.

python -m benchmarks.engine.page [RAW]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.engine.charts import Bar, bar_chart, shown
from benchmarks.engine.results import Line, read_lines
from benchmarks.engine.run import RAW
from benchmarks.engine.systems import DUNNOCK, ROOT

PAGE = ROOT / "docs" / "engine-benchmarks.md"
WORDS = ROOT / "benchmarks" / "engine" / "page_words.md"
CHARTS = ROOT / "docs" / "benchmarks"
#: File name, bench, the line's key, title; `value` with its range, other keys without.
CHART_OF = (
    ("throughput", "throughput", "value", "Throughput of one process"),
    ("throughput-cpu", "throughput", "cpu_s_per_1000", "Processor time of the process"),
    ("latency-p50", "latency-p50", "value", "Visible latency at 1,000/s, p50"),
    ("latency-p99", "latency-p99", "value", "Visible latency at 1,000/s, p99"),
    ("recovery", "recovery", "value", "Recovery of a changelog"),
    ("size", "size", "value", "An event over so many customers"),
    ("scaling-memory", "scaling", "value", "In-memory log, one and two workers"),
    ("fairness", "fairness", "value", "Other partitions' p99"),
)
UNIT_OF = {"cpu_s_per_1000": "CPU s per 1,000 events"}
_HOLDS = {True: "yes", False: "**no**", None: "not judged"}


def main(arguments: Sequence[str]) -> int:
    """Writes page and charts; 1 when there are no raw results."""
    raw = Path(arguments[0]) if arguments else RAW
    lines = read_lines(raw)
    if not lines:
        print(f"There are no results in {raw}: run `make bench-engine`.", file=sys.stderr)
        return 1
    drawn = list(_draw(lines))
    PAGE.write_text("\n".join(_page(lines, drawn)) + "\n")
    print(f"{PAGE.relative_to(ROOT)} and {len(drawn)} charts")
    return 0


def _draw(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Write the charts there are results for; gives their names and titles."""
    for name, bench, key, title in CHART_OF:
        bars = [
            _bar(line, key)
            for line in lines
            if line.get("bench") == bench and line.get(key) is not None
            if not (name == "scaling-memory" and "memory" not in line["system"])
        ]
        if bars:
            unit = UNIT_OF.get(key) or next(
                line["unit"] for line in lines if line.get("bench") == bench and line["unit"]
            )
            CHARTS.mkdir(parents=True, exist_ok=True)
            (CHARTS / f"{name}.svg").write_text(bar_chart(title, unit, bars))
            yield name, title


def _bar(line: Line, key: str) -> Bar:
    value = float(line[key])
    low, high = line["range"] if key == "value" and line.get("range") else (value, value)
    remark = "" if line["correct"] else "(computed something wrong)"
    return Bar(line["system"], value, low, high, line["system"].startswith(DUNNOCK), remark)


def _page(lines: Sequence[Line], drawn: Sequence[tuple[str, str]]) -> Iterator[str]:
    before, _, after = WORDS.read_text().partition("<!-- results -->\n")
    yield before.rstrip() + "\n"
    yield "## Goals\n"
    yield from _goals([line for line in lines if "goal" in line])
    yield "\n## Measured on\n"
    yield from _machines([line for line in lines if "machine" in line])
    yield "\n## Figures\n"
    for name, title in drawn:
        yield f"![{title}](benchmarks/{name}.svg)\n"
    yield from _figures([line for line in lines if "bench" in line])
    yield "\n" + after.strip()


def _goals(goals: Sequence[Line]) -> Iterator[str]:
    yield "| goal | wanted | ours | peer | ratio | holds | |"
    yield "|---|---|---|---|---|---|---|"
    for goal in goals:
        figures = [_number(goal[name]) for name in ("ours", "peer", "ratio")]
        cells = [goal["goal"], goal["wanted"], *figures, _HOLDS[goal["holds"]], goal.get("why", "")]
        yield f"| {' | '.join(cells)} |"
    short = [goal["goal"] for goal in goals if goal["holds"] is not True]
    said = f"What falls short or was not judged: {', '.join(short)}." if short else "All hold."
    yield f"\n{said}"


def _machines(heads: Sequence[Line]) -> Iterator[str]:
    for head in heads:
        about, versions = head["machine"], {**head["versions"]}
        yield (
            f"- {head['at']}, commit {head['commit']}: {about['cores']} cores"
            f" ({about['processor']}), {about['memory_gib']} GiB, {about['system']}; load average"
            f" at the start {about['load_average']}; {head['rounds']} counted rounds"
        )
        yield "  - ours: " + ", ".join(f"{name} {what}" for name, what in versions.items())
        yield "  - peers: " + ", ".join(f"{name} {what}" for name, what in head["peers"].items())


def _figures(results: Sequence[Line]) -> Iterator[str]:
    yield "| bench | system | value | unit | range | correct | CPU s per 1,000: process / broker |"
    yield "|---|---|---|---|---|---|---|"
    for line in results:
        spread = " to ".join(_number(end) for end in line.get("range") or [])
        cpu = " / ".join(
            _number(line.get(name)) for name in ("cpu_s_per_1000", "broker_cpu_s_per_1000")
        )
        memory = f", {line['rss_mb']:.0f} MiB" if line.get("rss_mb") else ""
        cells = [line["bench"], line["system"], _number(line["value"]), line["unit"], spread]
        cells += ["yes" if line["correct"] else "**no**", cpu.strip(" /") + memory]
        yield f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "" if value is None else shown(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
