"""A summary as Markdown (CommonMark with tables), for chats, tickets and archives."""

from __future__ import annotations

from typing import Any

import regex

from monitor.reports.blocks import Block, Bullets, Chart, Definitions, Document, Heading, PageBreak, Para, Table
from monitor.reports.view import document
from monitor.reports.words import Line, Span

_SPECIAL = regex.compile(r"([\\`*_\[\]<>#|~!])")
_LIST_START = regex.compile(r"^(\s*)([-+]|\d+[.)])(\s)")


def render(payload: dict[str, Any], lang: str, links: bool = True) -> str:
    """Return the summary as Markdown. Titles of posts can not form markup."""
    return whole(document(payload, lang), links)


def whole(found: Document, links: bool = True) -> str:
    """Return any document as Markdown."""
    parts = [f"# {_escaped(found.title)}", *(_block(block, links) for block in found.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block, links: bool) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_escaped(block.text)}"
        case Para():
            text = _LIST_START.sub(r"\1\\\2\3", _line(block.line, links))
            return f"> {text}" if block.kind == "warning" else text
        case Bullets():
            marks = [f"{i}." if block.ordered else "-" for i in range(1, len(block.items) + 1)]
            return "\n".join(f"{mark} {_line(item, links)}" for mark, item in zip(marks, block.items, strict=True))
        case Chart():
            return _table(block.table, links)
        case Table():
            return _table(block, links)
        case PageBreak():
            return "---"
        case Definitions():
            items = "\n".join(f"- `{key}`: {_escaped(text)}" for key, text in block.items)
            return f"## {_escaped(block.heading)}\n\n{items}"


def _table(block: Table, links: bool) -> str:
    head = "| " + " | ".join(_escaped(word) for word in block.head) + " |"
    rule = "|" + " --- |" * len(block.head)
    rows = ["| " + " | ".join(_line(cell, links) for cell in row) + " |" for row in block.rows]
    return "\n".join([f"**{_escaped(block.caption)}**", "", head, rule, *rows])


def _line(line: Line, links: bool) -> str:
    return "".join(_span(span, links) for span in line)


def _span(span: Span, links: bool) -> str:
    if span.kind == "go" and not links:
        return ""
    text = _escaped(span.text)
    if span.kind == "quote":
        text = f"\u2068“{text}”\u2069"  # isolated: its direction must not turn the line around it
    elif span.kind == "strong":
        text = f"**{text}**"
    return f"[{text}]({span.link})" if links and span.link is not None else text


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
