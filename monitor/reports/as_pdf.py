"""A summary as two A4 pages (PDF), made from wheels alone; Arabic is shaped and runs from right to left."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import regex
from fpdf import FPDF
from fpdf.bidi import auto_detect_base_direction
from fpdf.enums import Align, TextDirection, WrapMode
from fpdf.fonts import FontFace, TTFFont

from monitor.reports.blocks import Block, Bullets, Chart, Definitions, Document, Heading, PageBreak, Para, Table
from monitor.reports.drawing import pictures
from monitor.reports.view import document
from monitor.reports.words import Line, language

_FONTS = Path(__file__).parent.parent / "fonts"
_FAMILY = "Claimwatch Sans"
"""One font for all scripts: where two fonts share a line, fpdf2 2.8.9 puts the pieces of a foreign title in the wrong
order and can lose track of the font it chose."""

_SIZES = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
"""Text sizes in points, tried from the largest until the summary fits on two pages."""

_SMALLEST_APART = 5
"""So many of the larger sizes are tried with each page kept to itself; below, page two begins where page one ends."""

_NOTE = 0.9
"""Size of a note, as share of the text's."""

_MARGIN = 14.0
_LRM, _RLM, _RLO, _PDF = "\u200e", "\u200f", "\u202e", "\u202c"
_LEFT_TO_RIGHT = regex.compile(r"[\p{Nd}\p{Latin}](?:[\p{Nd}\p{Latin}\p{M} .,:/%\-]*[\p{Nd}\p{Latin}\p{M}%])?")
_WIDE = 4
"""Tables of fewer columns are written as a line of words and numbers, which saves half a page."""

_ACROSS = {"history": 1.0, "flow": 0.75, "funnel": 0.5}
"""Share of the line a picture takes."""

MAX_ROWS = 14
"""Rows of a wide table on paper; the rest is on the web page, and the table says how many."""


def render(payload: dict[str, Any], lang: str) -> bytes:
    """Return the summary as PDF: two pages, or more only where it does not fit at the smallest size.

    The same payload gives the same bytes.
    """
    made = datetime.fromisoformat(payload["header"]["generated_at"])
    return whole(document(payload, lang), made, pictures(payload, lang, "png"))


def whole(found: Document, made: datetime, drawn: Mapping[str, bytes]) -> bytes:
    """Return any document as PDF, on two pages if they are enough."""
    sizes = {name: _size_of(one) for name, one in drawn.items()}
    for breaks, fewest in ((True, _SMALLEST_APART), (False, len(_SIZES))):
        size = _largest(found, made, sizes, _SIZES[:fewest], breaks)
        if size is not None:
            return _paper(found, size, made, sizes, breaks, drawn)[1]
    return _paper(found, _SIZES[-1], made, sizes, False, drawn)[1]


def _largest(
    found: Document, made: datetime, sizes: Mapping[str, tuple[int, int]], texts: Sequence[float], breaks: bool
) -> float | None:
    """Return the largest text size at which two pages are enough; smaller text never needs more room."""
    low, high = 0, len(texts)
    while low < high:
        middle = (low + high) // 2
        if _paper(found, texts[middle], made, sizes, breaks)[0] <= 2:
            high = middle
        else:
            low = middle + 1
    return texts[low] if low < len(texts) else None


def _paper(
    found: Document, size: float, made: datetime, sizes: Mapping[str, tuple[int, int]], breaks: bool,
    drawn: Mapping[str, bytes] | None = None,
) -> tuple[int, bytes]:  # fmt: skip
    """Return pages and bytes at one text size; a trial (``drawn`` absent) leaves the pictures' room empty."""
    page = _Paper(found, size, made, sizes, drawn or {})
    page.breaks = breaks
    try:
        page.draw()
        return page.pdf.pages_count, bytes(page.pdf.output()) if drawn is not None else b""
    finally:
        page.close()


def _size_of(png: bytes) -> tuple[int, int]:
    """Return width and height of a PNG in pixels (its first chunk, ISO/IEC 15948 11.2.2)."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


class _Paper:
    """Draws a document at one text size."""

    def __init__(
        self, found: Document, size: float, made: datetime, sizes: Mapping[str, tuple[int, int]],
        drawn: Mapping[str, bytes],
    ) -> None:  # fmt: skip
        self.found, self.size = found, size
        self.sizes, self.drawn = sizes, drawn
        self.breaks = True
        self.rtl = found.direction == "rtl"
        self.mark = _RLM if self.rtl else _LRM
        self.last_heading = ""
        self.line = size * 0.49
        self.pdf = FPDF(format="A4")
        self.pdf.set_creation_date(made)
        self.pdf.set_title(found.title)
        self.pdf.set_lang(found.lang)
        self.pdf.set_margin(_MARGIN)
        self.pdf.set_auto_page_break(True, _MARGIN)
        self.pdf.add_font(_FAMILY, "", _FONTS / "ClaimwatchSans-Regular.ttf")
        self.pdf.add_font(_FAMILY, "B", _FONTS / "ClaimwatchSans-Bold.ttf")
        # The direction of the page decides, not that of a line's first word: a line may begin with a foreign title.
        direction = TextDirection.RTL if self.rtl else TextDirection.LTR
        self.pdf.set_text_shaping(True, direction=direction)
        self.align = Align.R if self.rtl else Align.L

    def draw(self) -> None:
        self.pdf.add_page()
        self.text(self.found.title, self.size * 1.6, "B")
        for block in self.found.blocks:
            self.block(block)

    def close(self) -> None:
        """Close the font files, which fpdf2 reads from until the end and leaves open."""
        for font in self.pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def block(self, block: Block) -> None:
        match block:
            case Heading():
                self.heading(block.text)
            case Para():
                size = self.size * (_NOTE if block.kind == "note" else 1.0)
                self.text(_plain(block.line, self.mark), size, "B" if block.kind in ("lead", "warning") else "")
            case Bullets():
                for number, item in enumerate(block.items[: block.paper], start=1):
                    self.bullet(f"{number}." if block.ordered else "•", _plain(item, self.mark))
                if block.paper is not None and len(block.items) > block.paper:
                    self.text(self.more(len(block.items) - block.paper), inset=5.0)
            case Chart():
                self.picture(block)
            case Table():
                self.table(block)
            case PageBreak():
                if self.breaks:
                    self.pdf.add_page()
            case Definitions():
                pass  # on the web page; paper has two pages

    def more(self, left: int) -> str:
        """Return that so many more are on the web page only."""
        return language(self.found.lang).word("more", n=left)

    def heading(self, words: str) -> None:
        self.pdf.ln(self.line * 0.5)
        y = self.pdf.get_y()
        self.pdf.set_draw_color(150)
        self.pdf.line(_MARGIN, y, self.pdf.w - _MARGIN, y)
        self.pdf.ln(self.line * 0.25)
        self.text(words, self.size * 1.15, "B")
        self.last_heading = words

    def text(self, words: str, size: float | None = None, style: str = "", inset: float = 0.0) -> None:
        """Write a paragraph, ``inset`` mm from the side where lines begin."""
        self.pdf.set_font(_FAMILY, style, size or self.size)
        self.pdf.set_x(_MARGIN + (0 if self.rtl else inset))
        height = (size or self.size) * 0.49
        width = self.pdf.epw - inset
        self.pdf.multi_cell(
            width, height, words, align=self.align, wrapmode=WrapMode.WORD, new_x="LMARGIN", new_y="NEXT"
        )

    def bullet(self, mark: str, words: str) -> None:
        y, page = self.pdf.get_y(), self.pdf.page
        if y + self.line > self.pdf.h - _MARGIN:
            self.pdf.add_page()
            y, page = self.pdf.get_y(), self.pdf.page
        self.pdf.set_font(_FAMILY, "", self.size)
        self.pdf.set_xy(self.pdf.w - _MARGIN - 5 if self.rtl else _MARGIN, y)
        self.pdf.cell(5, self.line, mark, align=self.align)
        if self.pdf.page == page:
            self.pdf.set_y(y)
        self.text(words, inset=5.0)

    def picture(self, block: Chart) -> None:
        """Put a picture where lines begin, under its name; its numbers stand in the text and on the web page."""
        if block.name not in self.sizes:
            self.table(block.table)
            return
        across, down = self.sizes[block.name]
        width = self.pdf.epw * _ACROSS[block.name]
        height = width * down / across
        if self.pdf.get_y() + self.line + height > self.pdf.h - _MARGIN:
            self.pdf.add_page()
        self.text(block.caption, style="B")
        y = self.pdf.get_y()
        if block.name in self.drawn:
            x = self.pdf.w - _MARGIN - width if self.rtl else _MARGIN
            self.pdf.image(io.BytesIO(self.drawn[block.name]), x=x, y=y, w=width, alt_text=block.alt)
        self.pdf.set_y(y + height + self.line * 0.3)

    def table(self, block: Table) -> None:
        if block.paper == 0:
            return
        if len(block.head) < _WIDE:
            self.text(_sentence(block, "؛ " if self.rtl else "; "))
            return
        if block.caption != self.last_heading:
            self.text(block.caption, style="B")
        most = MAX_ROWS if block.paper is None else block.paper
        rows = [[_plain(cell) for cell in row] for row in block.rows[:most]]
        if len(block.rows) > most:
            rows.append([self.more(len(block.rows) - most), *[""] * (len(block.head) - 1)])
        self.grid([list(block.head), *rows])

    def grid(self, rows: Sequence[Sequence[str]]) -> None:
        turned = [list(reversed(row)) if self.rtl else list(row) for row in rows]
        self.pdf.set_font(_FAMILY, "", self.size * 0.92)
        with self.pdf.table(
            borders_layout="HORIZONTAL_LINES",
            text_align=self.align,
            line_height=self.line,
            first_row_as_headings=True,
            headings_style=FontFace(emphasis="BOLD"),
            padding=0.2,
        ) as table:
            for row in turned:
                cells = table.row()
                for cell in row:
                    cells.cell(cell)


def _sentence(block: Table, by: str) -> str:
    """Return a narrow table as words: ``caption: a 2; b 1``."""
    parts = [" ".join([_plain(row[0]), " / ".join(_plain(cell) for cell in row[1:])]) for row in block.rows]
    return f"{block.caption}: {by.join(parts)}."


def _plain(line: Line, mark: str = "") -> str:
    """Return a line as text; ``mark`` (LRM or RLM) beside a quote keeps its direction from numbers that follow it."""
    shown = [span for span in line if span.kind != "go"]
    words = "".join(_quoted(span.text, mark) if span.kind == "quote" else span.text for span in shown)
    return words.replace("→", "–")


def _quoted(words: str, mark: str) -> str:
    """Return a quote; one that runs right to left keeps the order of its parts within a line from left to right.

    fpdf2 2.8.9 orders only two levels of direction, so numbers inside such a quote would tear it apart: they are turned
    round beforehand and the whole is forced to run right to left.
    """
    if mark == _LRM and auto_detect_base_direction(words) == TextDirection.RTL:
        words = f"{_RLO}{_LEFT_TO_RIGHT.sub(lambda found: found[0][::-1], words)}{_PDF}"
    return f"{mark}“{words}”{mark}"
