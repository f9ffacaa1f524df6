"""A summary as plain text: the part of the mail that every program can show."""

from __future__ import annotations

from typing import Any

from monitor.reports.blocks import Block, Bullets, Chart, Definitions, Heading, PageBreak, Para, Table
from monitor.reports.view import document
from monitor.reports.words import Line


def render(payload: dict[str, Any], lang: str) -> str:
    """Return the summary as text without links."""
    found = document(payload, lang)
    parts = [found.title, *(_block(block) for block in found.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"== {block.text} =="
        case Para():
            return _line(block.line)
        case Bullets():
            marks = [f"{i}." if block.ordered else "-" for i in range(1, len(block.items) + 1)]
            return "\n".join(f"{mark} {_line(item)}" for mark, item in zip(marks, block.items, strict=True))
        case Chart():
            return f"{block.caption}: {block.alt}"
        case Table():
            rows = [" | ".join(_line(cell) for cell in row) for row in block.rows]
            return "\n".join([f"{block.caption}:", " | ".join(block.head), *rows])
        case PageBreak() | Definitions():
            return ""


def _line(line: Line) -> str:
    # Isolates keep another's words from turning the line around them.
    shown = [span for span in line if span.kind != "go"]
    return "".join(f"\u2068“{span.text}”\u2069" if span.kind == "quote" else span.text for span in shown)
