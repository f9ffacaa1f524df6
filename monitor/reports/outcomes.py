"""Whether anything came of the desk's work: the funnel, its actions and partners, posts before and after answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from monitor.reports.blocks import Block, Bullets, Table, Writer
from monitor.reports.charts import funnel
from monitor.reports.words import Line, Span

_STEPS = ("sent", "acknowledged", "done", "refused", "no_answer", "pending")


def steps(w: Writer) -> Iterator[Block]:
    """Yield the funnel itself: how far stories came whose verdict asks for an answer."""
    found = w.payload["funnel"]
    if found["decided"]["value"] == 0:
        yield w.para("funnel.none")
        return
    rest = {key: w.number(found[key]) for key in ("answered", "heard", "done")}
    yield w.para("funnel.line", "", decided=w.count("story", found["decided"]), **rest)
    yield from funnel(w)


def blocks(w: Writer) -> Iterator[Block]:
    """Yield what became of responses, by action and partner, and of the posts after an answer."""
    found = w.payload["funnel"]
    if not found["actions"] and not w.payload["after"]:
        return
    yield w.heading("funnel")
    if found["actions"]:
        yield _table(w, "funnel", "action", [(w.words.known("action", r["key"]), r) for r in found["actions"]])
    if found["channels"]:
        yield _table(w, "channels", "channel", [(r["key"], r) for r in found["channels"]], paper=0)
    if w.payload["after"]:
        yield w.para("after.head")
        yield Bullets([_after(w, item) for item in w.payload["after"]], paper=2)


def _table(
    w: Writer, caption: str, column: str, rows: Sequence[tuple[str, dict[str, Any]]], paper: int | None = None
) -> Table:
    head = [w.words.word(f"col.{key}") for key in (column, *_STEPS, "first", "final")]
    lines: list[list[Line]] = []
    for name, row in rows:
        counts: list[Line] = [[w.number(row[key])] for key in _STEPS]
        lines.append([[Span(name)], *counts, [w.duration(row["first"])], [w.duration(row["final"])]])
    return Table(w.words.word(f"cap.{caption}"), head, lines, paper=paper)


def _after(w: Writer, item: dict[str, Any]) -> Line:
    counts = {key: w.count("post", item[key]) for key in ("before", "after")}
    return w.words.line("after.item", quote=w.quote(item["quote"], item["link"]), **counts)
