"""A summary as the HTML of a mail: simple marks, styles where they are needed, no remote asset and no script.

Mail programs drop style sheets and know few rules, so each element carries its own and sides are given by direction.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from markupsafe import Markup

from monitor.reports.blocks import Block, Bullets, Chart, Definitions, Document, Heading, PageBreak, Para, Table
from monitor.reports.view import document
from monitor.reports.words import RTL, Line, Span

_FONT = "font-family:'Noto Sans','Segoe UI',Tahoma,Arial,sans-serif"
_BODY = f"{_FONT};font-size:16px;line-height:1.5;color:#1a1a1a;background:#ffffff;margin:0;padding:16px"
_PARA = {
    "": "margin:6px 0",
    "lead": "margin:6px 0;font-weight:bold",
    "note": "margin:6px 0;color:#4a4a4a;font-size:14px;overflow-wrap:anywhere",
    "warning": "margin:6px 0;padding:6px 10px;background:#fff4ec;border:1px solid #a33b00",
}
_MANY = 5
"""Columns from which a table is set in smaller letters."""

_CELL = "padding:3px 8px;border-bottom:1px solid #dddddd;vertical-align:top"
_PAGE = Markup(
    '<!doctype html>\n<html lang="{lang}" dir="{dir}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
    '</head>\n<body style="{style}">\n<div lang="{lang}" dir="{dir}" style="max-width:680px;margin:0 auto;'
    'text-align:{side}">\n<h1 style="font-size:22px;margin:0 0 4px">{title}</h1>\n{body}</div>\n</body>\n</html>\n'
)


def render(
    payload: dict[str, Any], lang: str, base: str = "", before: Markup | str = "", pictures: Collection[str] = ()
) -> str:
    """Return the mail's page. ``base`` is the address of the desk that links begin with; without it there are none.

    ``before`` is put above the summary; ``pictures`` are the names of those that come with the mail.
    """
    found = document(payload, lang)
    body = Markup("").join(
        _picture(block) if isinstance(block, Chart) and block.name in pictures else _block(block, found, base)
        for block in found.blocks
    )
    side = "right" if found.direction == "rtl" else "left"
    page = _PAGE.format(
        lang=found.lang, dir=found.direction, title=found.title, style=_BODY, side=side, body=Markup("{}{}").format(
            before, body
        ),
    )  # fmt: skip
    return str(page)


def _block(block: Block, found: Document, base: str) -> Markup:
    match block:
        case Heading():
            style = "font-size:18px;margin:24px 0 6px;padding-top:6px;border-top:1px solid #c4c4c4"
            return Markup('<h2 style="{}">{}</h2>\n').format(style, block.text)
        case Para():
            return Markup('<p style="{}">{}</p>\n').format(_PARA[block.kind], _line(block.line, base))
        case Bullets():
            tag = "ol" if block.ordered else "ul"
            items = Markup("").join(
                Markup('<li style="margin:6px 0">{}</li>\n').format(_line(item, base)) for item in block.items
            )
            return Markup('<{0} style="margin:6px 0;padding:0 20px">\n{1}</{0}>\n').format(tag, items)
        case Chart():
            return _table(block.table, found, base)
        case Table():
            return _table(block, found, base)
        case PageBreak() | Definitions():
            return Markup("")


def _picture(block: Chart) -> Markup:
    """A picture that comes with the mail itself (``cid:``); a program that shows none shows what it says in words."""
    style = "max-width:100%;height:auto;border:0;background:#ffffff"
    return Markup(
        '<p style="font-weight:bold;margin:10px 0 2px">{}</p>\n<p style="margin:4px 0"><img src="cid:{}" alt="{}" '
        'width="640" style="{}"></p>\n'
    ).format(block.caption, block.name, block.alt, style)


def _table(block: Table, found: Document, base: str) -> Markup:
    side = "right" if found.direction == "rtl" else "left"
    style = f"{_CELL};text-align:{side}"
    head = Markup("").join(Markup('<th scope="col" style="{}">{}</th>').format(style, word) for word in block.head)
    rows = Markup("").join(
        Markup("<tr>{}</tr>\n").format(
            Markup("").join(Markup('<td style="{}">{}</td>').format(style, _line(cell, base)) for cell in row)
        )
        for row in block.rows
    )
    return Markup(
        '<div style="overflow-x:auto;margin:10px 0">\n<table dir="{}" style="border-collapse:collapse;width:100%;'
        'font-size:{}">\n'
        '<caption style="text-align:{};font-weight:bold;padding:3px 8px">{}</caption>\n'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n</div>\n"
    ).format(found.direction, "13px" if len(block.head) > _MANY else "15px", side, block.caption, head, rows)


def _line(line: Line, base: str) -> Markup:
    return Markup("").join(_span(span, base) for span in line if base or span.kind != "go")


def _span(span: Span, base: str) -> Markup:
    words: Markup = Markup("{}").format(span.text)
    if span.kind == "quote":
        lang = (span.lang or "und").replace("_", "-")
        direction = "auto" if lang == "und" else "rtl" if lang.split("-")[0] in RTL else "ltr"
        words = Markup('“<bdi lang="{}" dir="{}">{}</bdi>”').format(lang, direction, span.text)
    elif span.kind == "strong":
        words = Markup("<b>{}</b>").format(span.text)
    if base and span.link is not None:
        return Markup('<a href="{}" style="color:#0b4f9c">{}</a>').format(base + span.link, words)
    return words
