"""Bar charts as SVG: one bar for each figure, its range as a line, its value in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_ROW = 30
_LEFT = 190
_BARS = 420
_WIDTH = 760
_OURS, _THEIRS, _INK = "#0b6e4f", "#8a94a6", "#1f2933"


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure."""

    name: str
    value: float
    low: float
    high: float
    ours: bool
    remark: str = ""


def bar_chart(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """The chart as a document of its own; readable without colour, for each bar says its value."""
    top = max(max(bar.high, bar.value) for bar in bars) or 1.0
    height = 48 + _ROW * len(bars)
    told = "; ".join(f"{bar.name} {shown(bar.value)}" for bar in bars)
    head = f'viewBox="0 0 {_WIDTH} {height}" role="img" font-size="13" fill="{_INK}"'
    words = escape(f"{title}, {unit}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" {head}>',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(told)} ({escape(unit)})</desc>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="600">{words}</text>',
        *(_bar(bar, 40 + _ROW * place, _BARS / top) for place, bar in enumerate(bars)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(bar: Bar, y: int, scale: float) -> str:
    middle = y + 11
    low, high = _LEFT + bar.low * scale, _LEFT + bar.high * scale
    end = max(high, _LEFT + bar.value * scale) + 8
    text = shown(bar.value) + (f" {bar.remark}" if bar.remark else "")
    return (
        f'<text x="{_LEFT - 8}" y="{middle + 5}" text-anchor="end">{escape(bar.name)}</text>'
        f'<rect x="{_LEFT}" y="{y}" width="{bar.value * scale:.1f}" height="22" rx="2"'
        f' fill="{_OURS if bar.ours else _THEIRS}"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}" stroke="{_INK}"/>'
        f'<text x="{end:.1f}" y="{middle + 5}">{escape(text)}</text>'
    )


def shown(value: float) -> str:
    """As people read it: thousands with commas, small figures with what matters of them."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
