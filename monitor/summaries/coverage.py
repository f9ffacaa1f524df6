"""Which sources really answered in a week. Nothing else in a summary can be read without this."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import Session

from monitor.models import Source
from monitor.store import stats
from monitor.summaries.numbers import Book
from monitor.summaries.weeks import Period
from monitor.vocabulary import TIP

OUTAGE = timedelta(hours=6)
"""A silence longer than this (and than twice the source's own interval) is an outage."""

DOWN = timedelta(hours=24)
"""A source without a good try for so long at the end of the week is down."""

FULL_SHARE = 0.95
"""A source with good tries in this share of its hours counts as fully collected."""

_CHANGES = ("source.added", "source.paused", "source.resumed", "source.removed")


@dataclass(frozen=True)
class Interval:
    start: datetime
    end: datetime

    def within(self, start: datetime, end: datetime) -> Interval | None:
        low, high = max(self.start, start), min(self.end, end)
        return Interval(low, high) if low < high else None


@dataclass(frozen=True)
class Tried:
    """A source and its tries in a span: (started at, whether it succeeded)."""

    source: Source
    begins: datetime
    tries: tuple[tuple[datetime, bool], ...]
    success_before: datetime | None

    @property
    def slot(self) -> timedelta:
        return timedelta(seconds=max(3600, self.source.every_seconds))

    def successes(self) -> list[datetime]:
        return [at for at, good in self.tries if good]

    def outages(self, end: datetime) -> list[Interval]:
        """Return silences before ``end``, whole (a silence may have begun before the span)."""
        limit = max(OUTAGE, 2 * timedelta(seconds=self.source.every_seconds))
        moments = [self.success_before or self.begins, *self.successes(), end]
        return [Interval(a, b) for a, b in pairwise(moments) if b - a > limit]

    def hours_in(self, end: datetime) -> float:
        return max(0.0, (end - self.begins).total_seconds() / 3600)

    def hours_good(self, end: datetime) -> float:
        """Return the hours (of intervals as long as the source's own, at least one hour) with a good try."""
        slots = {math.floor((at - self.begins) / self.slot) for at in self.successes()}
        lasts = [min(self.slot, end - self.begins - number * self.slot) for number in slots]
        return sum(part.total_seconds() for part in lasts) / 3600


def tried(session: Session, start: datetime, end: datetime) -> list[Tried]:
    """Return every source that is visited and existed before ``end``, with its tries in the span."""
    runs: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    for source_id, at, outcome in stats.tries(session, start, end):
        runs[source_id].append((at, outcome in stats.SUCCESS))
    before = stats.last_success(session, start)
    found = []
    for source in stats.sources_before(session, end):
        if source.kind == TIP:  # nobody visits the tip line: its silence is no outage
            continue
        number = source.id or 0
        begins = max(start, source.created_at)
        found.append(Tried(source, begins, tuple(runs[number]), before.get(number)))
    return found


def paused(session: Session, end: datetime) -> dict[int, datetime]:
    """Return the sources that stood paused at ``end``, and since when."""
    since: dict[int, datetime] = {}
    for event in stats.events(
        session, ["source.paused", "source.resumed"], datetime.min.replace(tzinfo=end.tzinfo), end
    ):
        number = int(event.subject.partition(":")[2])
        if event.action == "source.paused":
            since[number] = event.at
        else:
            since.pop(number, None)
    return since


def build(session: Session, book: Book, week: Period, end: datetime) -> dict[str, Any]:
    """Return the coverage box: a row per source and what it comes to."""
    posts = dict(stats.posts_by(session, week.start, end, "source"))
    resting = paused(session, end)
    rows = []
    for item in tried(session, week.start, end):
        since = resting.get(item.source.id or 0)
        if item.tries or posts.get(item.source.id) or since is None or since > week.start:
            rows.append(_row(book, week, end, item, posts.get(item.source.id, 0), since))
    full = [row for row in rows if row["hours_in"] and row["hours_ok"]["value"] >= FULL_SHARE * row["hours_in"]]
    down = [row["source"] for row in rows if row["down"]]
    return {
        "sources": rows,
        "total": book.rows("coverage.sources", "source", [row["source"] for row in rows]),
        "full": book.rows("coverage.full", "source", [row["source"] for row in full]),
        "outages": sum(len(row["outages"]) for row in rows),
        "down": book.rows("coverage.down", "source", down),
        "changes": _changes(session, week, end),
    }


def _row(book: Book, week: Period, end: datetime, item: Tried, posts: int, since: datetime | None) -> dict[str, Any]:
    number = item.source.id or 0
    good = item.successes()
    last = good[-1] if good else item.success_before
    gaps = [gap.within(week.start, end) for gap in item.outages(end)]
    silent = end - (last or item.source.created_at)
    failed = len(item.tries) - len(good)
    return {
        "source": number,
        "name": item.source.name,
        "kind": item.source.kind,
        "sample": item.source.sample,
        "paused": since is not None,
        "tries_ok": book.plain(f"coverage.{number}.ok", len(good), "coverage.tries"),
        "tries_failed": book.plain(f"coverage.{number}.failed", failed, "coverage.tries"),
        "hours_ok": book.plain(f"coverage.{number}.hours", round(item.hours_good(end), 1), "coverage.hours"),
        "hours_in": round(item.hours_in(end), 1),
        "posts": book.posts(f"coverage.{number}.posts", posts, {"source": number}, "coverage.posts"),
        "last_success": _iso(last),
        "outages": [{"start": _iso(gap.start), "end": _iso(gap.end)} for gap in gaps if gap is not None],
        "down": since is None and silent > max(DOWN, 2 * timedelta(seconds=item.source.every_seconds)),
    }


def _changes(session: Session, week: Period, end: datetime) -> list[dict[str, str | None]]:
    """Return sources added, paused, resumed or removed in the week: numbers before and after do not compare."""
    found = stats.events(session, _CHANGES, week.start, end)
    return [
        {"at": _iso(event.at), "what": event.action.partition(".")[2], "name": str(event.details.get("name", ""))}
        for event in found
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


class Breaks:
    """Where trends may not be drawn: outages and new sources within the weeks that are compared."""

    def __init__(self, session: Session, start: datetime, end: datetime) -> None:
        self._outages: set[int] = set()
        self._new: set[int] = set()
        for item in tried(session, start, end):
            number = item.source.id or 0
            if any(gap.within(item.begins, end) for gap in item.outages(end)):
                self._outages.add(number)
            if item.source.created_at > start:
                self._new.add(number)

    def mark(self, sources: Sequence[int] | None = None) -> str | None:
        """Return why these sources (default: any) can not be compared over time, or ``None``."""
        wanted = self._outages | self._new if sources is None else set(sources)
        if wanted & self._outages:
            return "outage"
        return "new_source" if wanted & self._new else None
