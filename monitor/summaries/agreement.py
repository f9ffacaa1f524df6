"""How often a second reader, who saw nothing of the first decision, said the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.models import Decision, Reading, Story
from monitor.store import quality
from monitor.summaries.alphas import ENOUGH, FEWEST, alpha, interval
from monitor.summaries.numbers import Book, percent
from monitor.summaries.weeks import Period

POOLED_FROM = 30
"""Readings that are enough by themselves; with fewer, up to three earlier spans are added."""

MOST_POOLED = 4

Row = tuple[Reading, Decision, Story]


def build(session: Session, book: Book, week: Period, end: datetime) -> dict[str, Any]:
    """Return agreement over the second readings of the week, pooled with those before while they are few."""
    rows: list[Row] = []
    spans = 0
    for back in range(MOST_POOLED):
        span = week.shift(-back)
        rows += quality.second_readings(session, span.start, min(span.end, end), end, book.only)
        spans = back + 1
        if sum(reading.number == 2 for reading, _, _ in rows) >= POOLED_FROM:
            break
    second = sorted((row for row in rows if row[0].number == 2), key=lambda row: row[0].id or 0)
    agreed = [row for row in second if row[0].agrees]
    third = [row for row in rows if row[0].number == 3 and _overturns(row, rows)]
    return {
        "spans": spans,
        "all": _rows(book, "agreement.all", second),
        "agreed": _rows(book, "agreement.agreed", agreed),
        "percent": percent(len(agreed), len(second)),
        "overturned": _rows(book, "agreement.overturned", third),
        "triage": _measure(book, week, "triage", [(d.triage, r.triage) for r, d, _ in second]),
        "verdict": _measure(book, week, "verdict", [(d.verdict, r.verdict) for r, d, _ in second]),
        "reasons": _split(book, "reason", second, third, _reasons(second)),
        "langs": _split(book, "lang", second, third, {d.id: s.title_lang or "und" for _, d, s in second}),
    }


def _overturns(row: Row, rows: Sequence[Row]) -> bool:
    """Whether a third reading said what the second said: then the first word fell."""
    third, decision, _ = row
    return not third.agrees and any(
        r.number == 2 and r.decision_id == decision.id and (r.triage, r.verdict) == (third.triage, third.verdict)
        for r, _, _ in rows
    )


def _measure(book: Book, week: Period, name: str, pairs: Sequence[tuple[str | None, str | None]]) -> dict[str, Any]:
    """Return alpha with its interval over the pairs in which both said something."""
    units = [pair for pair in pairs if None not in pair]
    value = alpha(units) if len(units) >= FEWEST else None
    bounds = interval(units, f"{week.name}:{name}") if value is not None else None
    return {
        "n": book.plain(f"agreement.{name}.n", len(units), "agreement.alpha"),
        "alpha": book.plain(f"agreement.{name}.alpha", None if value is None else round(value, 3), "agreement.alpha"),
        "low": None if bounds is None else round(bounds[0], 3),
        "high": None if bounds is None else round(bounds[1], 3),
        "enough": value is None or value >= ENOUGH,
    }


def _reasons(second: Sequence[Row]) -> dict[int | None, str]:
    return {decision.id: reading.reason for reading, decision, _ in second}


def _split(
    book: Book, by: str, second: Sequence[Row], third: Sequence[Row], keys: Mapping[int | None, str]
) -> list[dict[str, Any]]:
    """Return the readings by a property of their decision (``keys``: decision -> value)."""
    found = []
    for key, _ in sorted(Counter(keys[d.id] for _, d, _ in second).items(), key=lambda item: (-item[1], item[0])):
        mine = [row for row in second if keys[row[1].id] == key]
        fell = [row for row in third if keys.get(row[1].id) == key]
        agreed = [row for row in mine if row[0].agrees]
        number = f"agreement.{by}.{key}"
        found.append(
            {
                "key": key,
                "all": _rows(book, number, mine, "agreement.all"),
                "agreed": _rows(book, f"{number}.agreed", agreed, "agreement.agreed"),
                "overturned": _rows(book, f"{number}.overturned", fell, "agreement.overturned"),
            }
        )
    return found


def _rows(book: Book, number: str, rows: Sequence[Row], definition: str | None = None) -> dict[str, Any]:
    return book.rows(number, "reading", sorted(reading.id or 0 for reading, _, _ in rows), definition)
