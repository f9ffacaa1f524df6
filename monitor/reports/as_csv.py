"""The annex of a summary: every figure as one line of CSV (RFC 4180, UTF-8), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import Any

from monitor.summaries.summary import figures

COLUMNS = ("week", "number", "value", "definition", "link", "label")
_FORMULA = frozenset("=+-@|")
_LEADING = frozenset("\t\r\n")


def render(payload: dict[str, Any], links: bool = True) -> str:
    """Return the figures of a payload in the order of the document. A value that is not known is empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    labels = _labels(payload)
    for figure in figures(payload):
        link = figure["link"] if links else None
        row = [payload["header"]["week"], figure["number"], figure["value"], figure["definition"], link]
        writer.writerow([safe(cell) for cell in (*row, labels.get(figure["number"], ""))])
    return out.getvalue()


def _labels(payload: dict[str, Any]) -> dict[str, str]:
    """Return words for figures whose number alone says nothing: a source's name, a story's redacted title."""
    found = {}
    for row in payload["coverage"]["sources"]:
        for figure in figures(row):
            found[figure["number"]] = row["name"]
    for item in (*payload["spread"]["items"], *payload["questions"]["items"]):
        for figure in figures(item):
            found[figure["number"]] = item["quote"]["text"] or ""
    return found


def safe(cell: Any) -> Any:
    """Return a cell no spreadsheet takes for a formula; numbers stay numbers.

    A text is marked with an apostrophe when its first visible character, full-width forms included, starts a formula.
    """
    if not isinstance(cell, str) or not cell:
        return "" if cell is None else cell
    shown = unicodedata.normalize("NFKC", cell)
    first = next((c for c in shown if unicodedata.category(c) not in ("Cc", "Cf", "Zs", "Zl", "Zp")), "")
    return f"'{cell}" if first in _FORMULA or cell[0] in _LEADING else cell
