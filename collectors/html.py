"""HTML to plain text: what a reader would have read, without scripts, styles and markup."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html

MAX_HTML = 65_536
MAX_TAGS = 4_000
_SKIPPED = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
}  # fmt: skip
_BLANKS = re.compile(r"[ \t\xa0]*\n[ \t\xa0]*")
_LINES = re.compile(r"\n{3,}")
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z!/][^>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def html_to_text(markup: str) -> str:
    """Return the text of ``markup``: blocks on lines of their own, paragraphs apart by an empty line.

    Markup beyond 64 Ki characters or 4,000 tags is cut, so that no input takes long.
    """
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    root = _parsed(_bounded(markup))
    if root is None:
        return ""
    parts: list[str] = []
    _collect(root, parts)
    return tidy("".join(parts))


def plain(text: str) -> str:
    """Return ``text``, read as HTML only if it looks like HTML (feeds do not say which it is)."""
    return html_to_text(text) if _LOOKS_LIKE_HTML.search(text[:MAX_HTML]) else text.strip()


def links_in(markup: str) -> list[str]:
    """Return the targets of the links in ``markup``, as written."""
    root = _parsed(_bounded(markup)) if "<" in markup else None
    if root is None:
        return []
    return [str(target) for target in root.xpath("//a/@href")]


def tidy(text: str) -> str:
    """Return ``text`` without spaces at line ends and without runs of empty lines."""
    return _LINES.sub("\n\n", _BLANKS.sub("\n", text)).strip()


def _bounded(markup: str) -> str:
    markup = markup[:MAX_HTML].replace("\x00", "\ufffd")
    if markup.count("<") > MAX_TAGS:
        markup = "<".join(markup.split("<", MAX_TAGS)[:MAX_TAGS])
    return markup.encode("utf-8", "replace").decode()


def _parsed(markup: str) -> Any:
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(f"<div>{markup}</div>".encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _collect(root: Any, parts: list[str]) -> None:
    skipping: list[Any] = []
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            if tag in _SKIPPED:
                skipping.append(node)
            if not skipping:
                parts.append(_before(tag, node) + _spaced(node.text))
            continue
        if skipping:
            if skipping[-1] is node:
                skipping.pop()
        elif tag in _BLOCKS:
            parts.append("\n\n" if tag == "p" else "\n")
        if not skipping and node is not root:
            parts.append(_spaced(node.tail))


def _before(tag: str, node: Any) -> str:
    if tag == "br":
        return "\n"
    if tag == "img" and "emoji" in (node.get("class") or ""):
        return node.get("alt") or ""
    if tag == "p":
        return "\n\n"
    return "\n" if tag in _BLOCKS else ""


def _spaced(text: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text) if text else ""
