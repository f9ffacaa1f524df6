"""A summary as a web page: a fragment for the desk's page (class names only) and a whole page for files and mail."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from markupsafe import Markup, escape

from monitor.reports.blocks import Block, Bullets, Chart, Definitions, Document, Heading, PageBreak, Para, Table
from monitor.reports.style import CSS
from monitor.reports.view import document
from monitor.reports.words import RTL, Line, Span, language

_PAGE = Markup(
    '<!doctype html>\n<html lang="{lang}" dir="{dir}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
    "<style>\n{css}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
)


Sources = Mapping[str, str]
"""Name of a picture -> where it is: an address, or the picture itself as a ``data:`` address."""


def render(payload: dict[str, Any], lang: str, links: bool = True, pictures: Sources = MappingProxyType({})) -> str:
    """Return a whole page that needs no other file. Without ``links`` nothing points into the desk."""
    return whole(document(payload, lang), links, pictures)


def whole(found: Document, links: bool = True, pictures: Sources = MappingProxyType({})) -> str:
    """Return any document as a whole page."""
    body = _fragment(found, links, pictures)
    page = _PAGE.format(lang=found.lang, dir=found.direction, title=found.title, css=Markup(CSS), body=body)  # noqa: S704 (our own constant)
    return str(page)


def render_fragment(
    payload: dict[str, Any], lang: str, links: bool = True, pictures: Sources = MappingProxyType({})
) -> str:
    """Return the report as one ``<article class="report">``: no style, no script, to be put into a page."""
    return str(_fragment(document(payload, lang), links, pictures))


def fragment(found: Document, links: bool = True) -> str:
    """Return any document as one article."""
    return str(_fragment(found, links, MappingProxyType({})))


def inline(drawn: Mapping[str, bytes]) -> dict[str, str]:
    """Return drawn SVGs as addresses that hold them."""
    return {name: "data:image/svg+xml;base64," + base64.b64encode(one).decode() for name, one in drawn.items()}


def line(found: Line, links: bool = True) -> Markup:
    """Return one line as HTML."""
    return _line(found, links)


def _fragment(found: Document, links: bool, pictures: Sources) -> Markup:
    shown = language(found.lang).word("chart.data")
    parts = [
        _chart(block, links, pictures, shown) if isinstance(block, Chart) else _block(block, links)
        for block in found.blocks
    ]
    opening = Markup('<article class="report" lang="{}" dir="{}">\n').format(found.lang, found.direction)
    title = Markup("<h1>{}</h1>\n").format(found.title)
    return opening + title + Markup("").join(parts) + Markup("</article>\n")


def _chart(block: Chart, links: bool, pictures: Sources, shown: str) -> Markup:
    """A picture with what it says in words, and its numbers folded away; without a picture only the numbers."""
    if block.name not in pictures:
        return _table(block.table, links)
    return Markup(
        '<figure class="chart">\n<figcaption>{}</figcaption>\n<img src="{}" alt="{}">\n'
        "<details><summary>{}</summary>\n{}</details>\n</figure>\n"
    ).format(block.caption, pictures[block.name], block.alt, shown, _table(block.table, links))


def _block(block: Block, links: bool) -> Markup:
    match block:
        case Chart():
            return _table(block.table, links)
        case Heading():
            return Markup('<h{0} id="{1}">{2}</h{0}>\n').format(block.level, f"report-{block.key}", block.text)
        case Para():
            kind = Markup(' class="{}"').format(block.kind) if block.kind else ""
            return Markup("<p{}>{}</p>\n").format(kind, _line(block.line, links))
        case Bullets():
            tag = "ol" if block.ordered else "ul"
            items = Markup("").join(Markup("<li>{}</li>\n").format(_line(item, links)) for item in block.items)
            return Markup("<{0}>\n{1}</{0}>\n").format(tag, items)
        case Table():
            return _table(block, links)
        case PageBreak():
            return Markup('<hr class="page">\n')
        case Definitions():
            return _definitions(block)


def _line(line: Line, links: bool) -> Markup:
    return Markup("").join(_span(span, links) for span in line if links or span.kind != "go")


def _span(span: Span, links: bool) -> Markup:
    words = escape(span.text)
    if span.kind == "quote":
        words = _quote(span)
    elif span.kind == "strong":
        words = Markup("<strong>{}</strong>").format(span.text)
    elif span.kind == "number":
        words = Markup('<span class="number">{}</span>').format(span.text)
    target = span.link if links else None
    if target is None and span.definition is not None:
        target = f"#def-{span.definition}"
    return Markup('<a href="{}">{}</a>').format(target, words) if target is not None else words


def _quote(span: Span) -> Markup:
    """Another's words carry their own language and direction, so that they cannot disturb the line around them."""
    lang = (span.lang or "und").replace("_", "-")
    direction = "auto" if span.lang in (None, "und") else "rtl" if lang.split("-")[0] in RTL else "ltr"
    return Markup('<q lang="{}" dir="{}">{}</q>').format(lang, direction, span.text)


def _table(block: Table, links: bool) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(word) for word in block.head)
    if block.bars is not None:
        head += Markup('<td class="share"></td>')
    rows = Markup("").join(
        _row(row, block.bars[i] if block.bars is not None else None, links) for i, row in enumerate(block.rows)
    )
    return Markup(
        '<div class="table" role="group" aria-label="{0}" tabindex="0">\n<table>\n<caption>{0}</caption>\n'
        "<thead><tr>{1}</tr></thead>\n<tbody>\n{2}</tbody>\n</table>\n</div>\n"
    ).format(block.caption, head, rows)


def _row(row: Any, bar: float | None, links: bool) -> Markup:
    first = Markup('<th scope="row"><bdi>{}</bdi></th>').format(_line(row[0], links))
    cells = Markup("").join(Markup("<td>{}</td>").format(_line(cell, links)) for cell in row[1:])
    drawn = _bar(bar) if bar is not None else ""
    return Markup("<tr>{}{}{}</tr>\n").format(first, cells, drawn)


def _bar(share: float) -> Markup:
    """A bar from zero; the number stands beside it, so it is hidden from readers of the page's text."""
    width = round(100 * min(1.0, max(0.0, share)), 1)
    return Markup(
        '<td class="share"><svg viewBox="0 0 100 10" preserveAspectRatio="none" width="100" height="10" '
        'aria-hidden="true" focusable="false"><rect width="{}" height="10"></rect></svg></td>'
    ).format(width)


def _definitions(block: Definitions) -> Markup:
    items = Markup("").join(
        Markup('<dt id="def-{0}"><code dir="ltr">{0}</code></dt><dd>{1}</dd>\n').format(key, text)
        for key, text in block.items
    )
    return Markup('<details id="definitions">\n<summary>{}</summary>\n<dl>\n{}</dl>\n</details>\n').format(
        block.heading, items
    )
