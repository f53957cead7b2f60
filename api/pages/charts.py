"""Line charts as plain geometry: the template draws them, no script is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 200, 44, 10, 24
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the chart."""

    name: str
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the template draws it."""

    name: str
    points: str
    total: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A value beside the axis."""

    value: int
    y: float


@dataclass(frozen=True, slots=True)
class Label:
    """A moment under the axis."""

    text: str
    x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """The same numbers, to be read."""

    label: str
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the `chart` macro takes."""

    title: str
    lines: Sequence[Line]
    ticks: Sequence[Tick]
    labels: Sequence[Label]
    rows: Sequence[TableRow]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def ceiling(highest: int) -> int:
    """The smallest 4, 8, 20, 40, 80, 200 … that holds the highest value: ticks are whole."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step * _TICKS >= highest:
                return factor * step * _TICKS
        step *= 10


def draw(title: str, labels: Sequence[str], series: Sequence[Series]) -> Drawing:
    """All series are as long as `labels`, which name the moments along the axis."""
    top = ceiling(max((max(one.numbers, default=0) for one in series), default=0))

    def x(place: int) -> float:
        return round(LEFT + (WIDTH - LEFT - 4) * place / max(1, len(labels) - 1), 1)

    def y(value: int) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    def points(numbers: Sequence[int]) -> str:
        return " ".join(f"{x(place)},{y(value)}" for place, value in enumerate(numbers))

    marks = [
        Label(labels[place], x(place), anchor)
        for place, anchor in ((0, "start"), (len(labels) // 2, "middle"), (len(labels) - 1, "end"))
        if labels
    ]
    return Drawing(
        title=title,
        lines=[Line(one.name, points(one.numbers), sum(one.numbers)) for one in series],
        ticks=[Tick(top * n // _TICKS, y(top * n // _TICKS)) for n in range(_TICKS + 1)],
        labels=marks,
        rows=[
            TableRow(label, [one.numbers[place] for one in series])
            for place, label in enumerate(labels)
        ],
    )
