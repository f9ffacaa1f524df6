"""What came in and what spread, against the four weeks before; and the questions nobody has answered."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.store import quality, stats
from monitor.summaries.coverage import Breaks
from monitor.summaries.facts import load_stories
from monitor.summaries.numbers import Book, rate_ratio
from monitor.summaries.redact import quote
from monitor.summaries.weeks import Period
from monitor.vocabulary import CLOSED, PUBLIC_ANSWERS

WEEKS_BEFORE = 4
MAX_QUESTIONS = 5
FEWEST_WEEKS = 2
"""Weeks before that a comparison needs."""


@dataclass(frozen=True)
class Past:
    """The weeks a week is compared with (newest first) and where that comparison breaks."""

    weeks: tuple[Period, ...]
    breaks: Breaks

    @property
    def enough(self) -> bool:
        return len(self.weeks) >= FEWEST_WEEKS


def past(session: Session, week: Period, end: datetime) -> Past:
    """Return the up to four weeks before, none older than the week after the first post."""
    first = stats.first_post_at(session)
    weeks = [week.shift(-n) for n in range(1, WEEKS_BEFORE + 1)]
    weeks = [w for w in weeks if first is not None and w.start >= first]
    start = weeks[-1].start if weeks else week.start
    return Past(tuple(weeks), Breaks(session, start, end))


def inflow(session: Session, book: Book, week: Period, end: datetime, before: Past) -> dict[str, Any]:
    """Return posts, authors and new stories, by language and platform."""
    totals = stats.post_totals(session, week.start, end, book.only)
    earlier = [stats.post_count(session, w.start, w.end, book.only) for w in before.weeks]
    return {
        "posts": book.posts("in.posts", totals.posts, {}),
        "authors": book.plain("in.authors", totals.authors),
        "copies": book.posts("in.copies", totals.copies, {"copy": True}),
        "unscored": book.posts("in.unscored", totals.unscored, {"triage": "not_scored"}),
        "tips": book.rows("in.tips", "post", quality.tips(session, week.start, end, book.only)),
        "stories": book.rows("in.stories", "story", stats.stories_created(session, week.start, end, book.only)),
        "trend": trend(book, "in.posts", totals.posts, earlier, before.breaks.mark()),
        "langs": _split(session, book, week, end, "lang"),
        "platforms": _split(session, book, week, end, "platform"),
    }


def _split(session: Session, book: Book, week: Period, end: datetime, column: str) -> list[dict[str, Any]]:
    rows = stats.posts_by(session, week.start, end, column, book.only)
    return [
        {
            "key": value or "und",
            "posts": book.posts(f"in.{column}.{value or 'und'}", n, {column: value}, f"in.{column}"),
        }
        for value, n in rows
    ]


def trend(book: Book, number: str, count: int, earlier: Sequence[int], mark: str | None) -> dict[str, Any]:
    """Return the state of a count against the weeks before, its median and interval.

    ``up`` or ``down`` only when the interval excludes "no change" and no outage or new source lies in between.
    """
    if len(earlier) < FEWEST_WEEKS:
        return {"state": "no_past", "mark": mark, "median": None, "ratio": None, "weeks": len(earlier)}
    median = statistics.median(earlier)
    low, high = rate_ratio(count, median, len(earlier))
    state = "steady"
    if mark is not None:
        state = "not_comparable"
    elif low > 1:
        state = "up"
    elif high is not None and high < 1:
        state = "down"
    ratio = None if high is None and low == 0 else {"low": low, "high": high}
    shown = book.plain(f"{number}.median", whole(median), "trend.median")
    return {"state": state, "mark": mark, "median": shown, "ratio": ratio, "weeks": len(earlier)}


def whole(value: float) -> float | int:
    return int(value) if value == int(value) else value


def questions(session: Session, book: Book, week: Period, end: datetime) -> dict[str, Any]:
    """Return stories about which people asked in these five weeks and that have no published answer."""
    start = week.shift(-WEEKS_BEFORE).start
    asked = stats.asking(session, start, end, book.only)
    facts = load_stories(session, week, end, list(asked))
    answered = {r.story_id for r in facts.answers(end) if r.action in PUBLIC_ANSWERS}
    unmerged = [n for n, story in facts.stories.items() if story.merged_into is None]
    still = [n for n in unmerged if n not in answered and facts.status(n, end) != CLOSED]
    still.sort(key=lambda n: (-asked[n][0], asked[n][1], n))
    items = [
        {
            "story": n,
            "link": f"/stories/{n}",
            "quote": quote(facts.stories[n]),
            "posts": book.plain(f"questions.{n}.posts", asked[n][0], "questions.posts"),
            "oldest": asked[n][1].isoformat(timespec="seconds"),
            "status": facts.status(n, end),
        }
        for n in still[:MAX_QUESTIONS]
    ]
    return {"open": book.rows("questions.open", "story", still), "items": items}
