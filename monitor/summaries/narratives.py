"""The five narratives that grew most: how far they spread, what people said of them, and what is still asked."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.ranking.fable import Answers, harm
from monitor.store import stats
from monitor.store.stats import StoryPosts
from monitor.summaries.facts import Facts, load_stories
from monitor.summaries.numbers import PERCENT_FROM, Book
from monitor.summaries.redact import quote
from monitor.summaries.spread import FEWEST_WEEKS, Past, trend, whole
from monitor.summaries.weeks import Period
from monitor.vocabulary import CLOSED, PUBLIC_ANSWERS

MAX_NARRATIVES = 5

_NONE = StoryPosts(0, 0)


@dataclass(frozen=True)
class _Counts:
    """Posts and authors of one story: in the week and in the weeks before; and all posts of those weeks."""

    now: StoryPosts
    earlier: Sequence[StoryPosts]
    whole: int
    wholes: Sequence[int]


def build(session: Session, book: Book, week: Period, end: datetime, before: Past) -> dict[str, Any]:
    """Return at most five stories that people should look at, by growth of authors, then of posts."""
    now = stats.story_posts(session, week.start, end, only=book.only)
    earlier = [stats.story_posts(session, w.start, w.end, list(now)) for w in before.weeks]

    def growth(story: int) -> tuple[float, float, int]:
        old = [counts.get(story, _NONE) for counts in earlier] or [_NONE]
        authors = now[story].authors - statistics.median(o.authors for o in old)
        return -authors, -(now[story].posts - statistics.median(o.posts for o in old)), story

    chosen, facts = _first_relevant(session, week, end, sorted(now, key=growth))
    all_posts = stats.post_count(session, week.start, end, book.only)
    wholes = [stats.post_count(session, w.start, w.end, book.only) for w in before.weeks]
    asked = stats.asking(session, week.shift(-4).start, end, book.only)
    items = []
    for number in chosen:
        counts = _Counts(now[number], [c.get(number, _NONE) for c in earlier], all_posts, wholes)
        item = _narrative(session, book, week, before, facts, number, counts)
        items.append({**item, "question": _question(facts, number, asked)})
    return {"items": items, "weeks": len(before.weeks), "flagged": book.rows("spread.flagged", "story", sorted(now))}


def _first_relevant(session: Session, week: Period, end: datetime, ranked: Sequence[int]) -> tuple[list[int], Facts]:
    """Return the first five that no person put aside as opinion, satire, no claim or not relevant."""
    chosen: list[int] = []
    facts = load_stories(session, week, end, [])
    for i in range(0, len(ranked), 50):
        part = load_stories(session, week, end, ranked[i : i + 50])
        keep = [n for n in ranked[i : i + 50] if part.status(n, end) != CLOSED]
        facts.stories.update(part.stories)
        facts.decisions.update(part.decisions)
        facts.responses.extend(part.responses)
        facts.outcomes.update(part.outcomes)
        chosen = (chosen + keep)[:MAX_NARRATIVES]
        if len(chosen) == MAX_NARRATIVES:
            break
    return chosen, facts


def _narrative(
    session: Session, book: Book, week: Period, before: Past, facts: Facts, number: int, counts: _Counts
) -> dict[str, Any]:
    story, end = facts.stories[number], facts.end
    answered = [r for r in facts.answers(end) if r.story_id == number]
    oldest = before.weeks[-1].start if before.weeks else week.start
    mark = before.breaks.mark(stats.story_values(session, oldest, end, "source", number))
    authors = [e.authors for e in counts.earlier]
    moved = trend(book, f"spread.{number}.authors", counts.now.authors, authors, mark)
    if story.created_at >= week.start:
        moved["state"] = "new"
    responses = [r.id or 0 for r in answered]
    return {
        "story": number,
        "link": f"/stories/{number}",
        "quote": quote(story),
        "sample": story.sample,
        "flags": sorted(story.flags),
        "posts": book.posts(f"spread.{number}.posts", counts.now.posts, {"story": number}, "spread.posts"),
        "authors": book.plain(f"spread.{number}.authors", counts.now.authors, "spread.authors"),
        "posts_median": _median(book, number, [e.posts for e in counts.earlier]),
        "share": _share(book, number, counts),
        "trend": moved,
        "langs": stats.story_values(session, week.start, end, "lang", number),
        "platforms": stats.story_values(session, week.start, end, "platform", number),
        "harm": _harm(book, number, facts),
        "status": facts.status(number, end),
        "verdict": facts.verdict(number, end),
        "action": answered[-1].action if answered else None,
        "responses": book.rows(f"spread.{number}.responses", "response", responses, "spread.responses"),
    }


def _median(book: Book, number: int, earlier: Sequence[int]) -> dict[str, Any] | None:
    if len(earlier) < FEWEST_WEEKS:
        return None
    return book.plain(f"spread.{number}.posts.median", whole(statistics.median(earlier)), "trend.median")


def _share(book: Book, number: int, counts: _Counts) -> dict[str, Any]:
    """Return the story's share of all posts in percent, and its change in points; none of small numbers."""
    share = _percent(counts.now.posts, counts.whole)
    before = [_percent(e.posts, n) for e, n in zip(counts.earlier, counts.wholes, strict=True)]
    known = [value for value in before if value is not None]
    change = None
    if share is not None and len(known) == len(before) >= FEWEST_WEEKS:
        change = round(share - statistics.median(known), 1)
    return {
        "of": counts.whole,
        "percent": book.plain(f"spread.{number}.share", None if share is None else round(share, 1), "spread.share"),
        "change": book.plain(f"spread.{number}.share.change", change, "spread.share"),
    }


def _percent(part: int, all_posts: int) -> float | None:
    return 100 * part / all_posts if all_posts >= PERCENT_FROM else None


def _harm(book: Book, number: int, facts: Facts) -> dict[str, Any] | None:
    """Return the harm people last saw in a claim, 0 to 10, and how believable it is; ``None`` if nobody said."""
    said: list[Answers] = [d.harm for d in facts.standing(number, facts.end) if d.harm]
    if not said:
        return None
    sum_of = book.plain(f"spread.{number}.harm", harm(said[-1]), "spread.harm")
    return {"sum": sum_of, "believability": said[-1].get("believability")}


def _question(facts: Facts, number: int, asked: dict[int, tuple[int, datetime]]) -> str | None:
    """Return since when somebody asks whether it is true without a published answer."""
    answered = any(r.story_id == number and r.action in PUBLIC_ANSWERS for r in facts.answers(facts.end))
    return None if answered or number not in asked else asked[number][1].isoformat(timespec="seconds")
