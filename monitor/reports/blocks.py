"""What a summary is made of in any form: blocks of lines, and the writer that fills them in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from monitor.reports.words import Language, Line, Span


@dataclass(frozen=True)
class Heading:
    text: str
    key: str
    level: int = 2


@dataclass(frozen=True)
class Para:
    line: Line
    kind: Literal["", "lead", "warning", "note"] = ""


@dataclass(frozen=True)
class Bullets:
    """``paper``: how many of them the two pages of paper have room for."""

    items: Sequence[Line]
    ordered: bool = False
    paper: int | None = None


@dataclass(frozen=True)
class Table:
    """``bars`` are shares 0..1, one a row, of the row's main number; zero-based and never the only carrier.

    ``paper``: how many rows the two pages of paper have room for.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Line]]
    bars: Sequence[float] | None = None
    paper: int | None = None


@dataclass(frozen=True)
class Chart:
    """A picture drawn from the payload (``monitor.reports.charts``): ``alt`` says in words what it shows.

    ``table`` holds its numbers; forms without pictures show that instead.
    """

    name: str
    caption: str
    alt: str
    table: Table


@dataclass(frozen=True)
class PageBreak:
    """Here the second page begins."""


@dataclass(frozen=True)
class Definitions:
    """What every number of the document means: (definition id, sentence)."""

    heading: str
    items: Sequence[tuple[str, str]]


Block = Heading | Para | Bullets | Table | Chart | PageBreak | Definitions


@dataclass(frozen=True)
class Document:
    title: str
    lang: str
    direction: Literal["ltr", "rtl"]
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """The language and the payload a document is written in and from."""

    words: Language
    payload: dict[str, Any]
    zone: ZoneInfo

    def count(self, noun: str, figure: dict[str, Any]) -> Span:
        return self._number(self.words.count(noun, figure["value"]), figure)

    def number(self, figure: dict[str, Any] | None) -> Span:
        if figure is None:
            return Span("–")
        return self._number(self.words.number(figure["value"]), figure)

    def duration(self, figure: dict[str, Any]) -> Span:
        return self._number(self.words.duration(figure["value"]), figure)

    def percent(self, figure: dict[str, Any]) -> Span:
        return self._number(self.words.percent(figure["value"]), figure)

    def signed(self, figure: dict[str, Any]) -> Span:
        """Return a change with its sign; a true minus, isolated from the text around it."""
        value = figure["value"]
        sign = "+" if value > 0 else "\u2212" if value < 0 else "±"
        return self._number(f"\u2066{sign}{self.words.number(abs(value))}\u2069", figure)

    def _number(self, text: str, figure: dict[str, Any]) -> Span:
        return Span(text, "number", figure["link"], figure["definition"])

    def quote(self, quoted: dict[str, str | None], link: str | None = None) -> Span:
        """Return another's words in their own language and direction, or why they are not repeated."""
        if quoted["text"] is None:
            return Span(self.words.word("withheld"), "text", link)
        return Span(quoted["text"], "quote", link, lang=quoted["lang"])

    def moment(self, at: str | None) -> str:
        return self.words.moment(at, self.zone)

    def languages(self, codes: Sequence[str]) -> str:
        return self.words.listed([self.words.language_name(code) for code in codes])

    def heading(self, key: str) -> Heading:
        return Heading(self.words.word(f"h.{key}"), key)

    def para(self, key: str, kind: Literal["", "lead", "warning", "note"] = "", **parts: str | Span | Line) -> Para:
        return Para(self.words.line(key, **parts), kind)

    def join(self, lines: Sequence[Line], by: str = "") -> list[Span]:
        """Return lines one after another, a mark between them (default: the language's semicolon)."""
        joined: list[Span] = []
        by = by or self.words.semicolon
        for line in lines:
            joined += [Span(by), *line] if joined else [*line]
        return joined
