"""Eight weeks side by side, with the range of the four before this one: how unusual a week is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.store import stats
from monitor.summaries.coverage import tried
from monitor.summaries.facts import Facts, stood
from monitor.summaries.numbers import Book, Figure, spread
from monitor.summaries.weeks import Period

WEEKS = 8
BAND = 4
"""Weeks before this one whose range and median are drawn behind it."""

MEASURES = ("posts", "stories", "decisions", "waiting", "look")


def build(session: Session, book: Book, week: Period, facts: Facts) -> dict[str, Any]:
    """Return the measures of up to eight spans, oldest first, and of the four before the last their range."""
    first = stats.first_post_at(session)
    spans = [week.shift(-n) for n in range(WEEKS - 1, 0, -1)]
    spans = [span for span in spans if first is not None and span.start >= first] + [week]
    silent = _silent(session, spans, facts.end)
    items = [_item(session, book, span, facts, span.name in silent) for span in spans]
    earlier = items[:-1][-BAND:]
    return {"items": items, "bands": {name: _band(book, name, earlier) for name in MEASURES}}


def _item(session: Session, book: Book, span: Period, facts: Facts, silent: bool) -> dict[str, Any]:
    end = min(span.end, facts.end)
    values = {
        "posts": stats.post_count(session, span.start, end, book.only),
        "stories": len(stats.stories_created(session, span.start, end, book.only)),
        "decisions": _decisions(facts, span.start, end),
        "waiting": len(facts.waiting(end)),
        "look": spread([seconds for _, seconds in facts.looked(span.start, end)])["median"],
    }
    figures = {name: book.plain(f"weeks.{name}.{span.name}", value, f"weeks.{name}") for name, value in values.items()}
    return {"week": span.name, "silent": silent, **figures}


def _decisions(facts: Facts, start: datetime, end: datetime) -> int:
    return sum(start <= d.at < end and stood(d, end) for made in facts.decisions.values() for d in made)


def _silent(session: Session, spans: Sequence[Period], end: datetime) -> set[str]:
    """Return the spans in which some source was silent for long: they do not compare."""
    gaps = [gap for item in tried(session, spans[0].start, end) for gap in item.outages(end)]
    return {span.name for span in spans if any(gap.within(span.start, min(span.end, end)) for gap in gaps)}


def _band(book: Book, name: str, earlier: Sequence[dict[str, Any]]) -> dict[str, Figure] | None:
    values = [item[name]["value"] for item in earlier if item[name]["value"] is not None]
    if len(values) < 2:
        return None
    found = {"low": min(values), "median": statistics.median(values), "high": max(values)}
    return {part: book.plain(f"weeks.{name}.{part}", _whole(value), "weeks.band") for part, value in found.items()}


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value
