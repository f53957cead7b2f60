"""A letter as PDF: address window, reference, words, a payment link as text and as QR code.

The same letter is the same bytes, so a repeated hand-over is a repetition. Nothing is loaded from
outside; the font is embedded and knows Latin, Greek and Cyrillic.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer

from connectors.letters import layout
from connectors.letters.layout import Box

_FONT = "DejaVuSans"
_SIZE, _LEADING, _SMALL = 9.5, 13.0, 7.0
_QR_MM = 28.0
_Draw = Callable[[Canvas, BaseDocTemplate], None]
#: A letter of more pages is a mistake, and each is paid for.
PAGES_MAX = 8


class Unprintable(Exception):
    """It can't become a letter: no address, or far too long. The text is a short code."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is on paper. Lines are as they stand there."""

    recipient: tuple[str, ...]
    sender: tuple[str, ...]
    brand: str
    subject: str
    body: str
    date: str
    reference: str
    link: str | None = None


@cache
def _load_font() -> None:
    pdfmetrics.registerFont(TTFont(_FONT, str(Path(__file__).parent / "fonts/DejaVuSans.ttf")))


def render(letter: Letter) -> bytes:
    """The PDF. Raises Unprintable. Takes tens of milliseconds of processor: call it in a thread."""
    if len(letter.recipient) < 2 or not all(line.strip() for line in letter.recipient):
        raise Unprintable("no_postal_address")
    _load_font()
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, invariant=1, title=letter.subject, author=letter.brand, lang="x-default"
    )
    document.addPageTemplates(
        [
            PageTemplate("first", [_frame(layout.FIRST_BODY)], onPage=_first_page(letter)),
            PageTemplate("next", [_frame(layout.NEXT_BODY)], onPage=_next_page(letter)),
        ]
    )
    document.handle_nextPageTemplate("next")
    document.build(list(_story(letter)))
    if document.page > PAGES_MAX:
        raise Unprintable("too_long")
    return out.getvalue()


def _frame(box: Box) -> Frame:
    bottom = (layout.PAGE.height - box.top - box.height) * mm
    return Frame(
        box.left * mm, bottom, box.width * mm, box.height * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip


def _story(letter: Letter) -> Iterator[Flowable]:
    heading = ParagraphStyle("subject", fontName=_FONT, fontSize=12, leading=16)
    yield Paragraph(escape(letter.subject), heading)
    yield Spacer(1, _LEADING)
    words = ParagraphStyle(
        "words", fontName=_FONT, fontSize=_SIZE, leading=_LEADING, spaceAfter=_LEADING * 0.7
    )
    for part in letter.body.split("\n\n"):
        if part.strip():
            yield Paragraph(escape(part.strip()).replace("\n", "<br/>"), words)
    if letter.link:
        yield Spacer(1, _LEADING * 0.5)
        yield _qr(letter.link)


def _qr(link: str) -> Drawing:
    code = QrCodeWidget(link, barLevel="M")
    left, bottom, right, top = code.getBounds()
    side = _QR_MM * mm
    scale = (side / (right - left), 0.0, 0.0, side / (top - bottom), 0.0, 0.0)
    return Drawing(side, side, code, transform=scale)


def _first_page(letter: Letter) -> _Draw:
    def draw(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        _mark_edges(canvas)
        canvas.setFont(_FONT, 14)
        _write(canvas, 25, 30, letter.brand)
        canvas.setFont(_FONT, _SMALL)
        _write(canvas, 25, layout.RETURN_LINE_TOP + 4, " · ".join(letter.sender))
        canvas.setFont(_FONT, _SIZE)
        for number, line in enumerate(letter.recipient[: layout.RECIPIENT_LINES_MAX]):
            _write(canvas, 25, layout.RECIPIENT_TOP + 4 + number * 4.6, line)
        for number, line in enumerate((letter.date, letter.reference)):
            _write(canvas, layout.INFORMATION.left, layout.INFORMATION.top + 4 + number * 4.6, line)
        _foot(canvas, letter)
        canvas.restoreState()

    return draw


def _next_page(letter: Letter) -> _Draw:
    def draw(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        _foot(canvas, letter)
        canvas.restoreState()

    return draw


def _foot(canvas: Canvas, letter: Letter) -> None:
    canvas.setFont(_FONT, _SMALL)
    _write(canvas, 25, layout.FOOTER_TOP, " · ".join((*letter.sender, letter.reference)))
    canvas.drawRightString(190 * mm, _up(layout.FOOTER_TOP), str(canvas.getPageNumber()))


def _mark_edges(canvas: Canvas) -> None:
    canvas.setLineWidth(0.2)
    for top in layout.FOLD_MARKS:
        canvas.line(4 * mm, _up(top), 8 * mm, _up(top))
    canvas.line(4 * mm, _up(layout.PUNCH_MARK), 10 * mm, _up(layout.PUNCH_MARK))


def _write(canvas: Canvas, left_mm: float, top_mm: float, text: str) -> None:
    canvas.drawString(left_mm * mm, _up(top_mm), text)


def _up(top_mm: float) -> float:
    """PDF counts from the bottom."""
    return (layout.PAGE.height - top_mm) * mm
