"""What a simulated quarter really is, seen from its posts and sources: counts per week, without a query."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from monitor.simulation.world import Post, Quarter, Source
from monitor.summaries.weeks import Period

Counts = dict[str, Any]


def count(quarter: Quarter) -> list[Counts]:
    """Return one dict of number -> value per week; where a number is missing, the truth is 0."""
    sorted_posts = [[p for p in quarter.posts if week.start <= p.seen < week.end] for week in quarter.weeks]
    firsts = min((post.seen for post in quarter.posts), default=None)
    result = []
    for n, week in enumerate(quarter.weeks):
        back = [m for m in range(n - 1, max(-1, n - 5), -1) if firsts is not None and quarter.weeks[m].start >= firsts]
        found = _inflow(sorted_posts[n])
        found["in.tips"] = sum(week.start <= at < week.end for _, at in quarter.tips)
        _stories(quarter, found, week, sorted_posts, n, back)
        if len(back) >= 2:
            found["in.posts.median"] = statistics.median(len(sorted_posts[m]) for m in back)
        for source in quarter.sources:
            _source(found, source, week, sorted_posts[n])
        _sources(found, quarter, week)
        result.append(found)
    return result


def _inflow(posts: list[Post]) -> Counts:
    found: Counts = {"in.posts": len(posts), "in.authors": len({p.author or "" for p in posts})}
    found["in.copies"] = 0
    found["in.unscored"] = sum(p.unscored for p in posts)
    for lang, number in Counter(p.lang or "und" for p in posts).items():
        found[f"in.lang.{lang}"] = number
    return found


def _stories(quarter: Quarter, found: Counts, week: Period, posts: list[list[Post]], n: int, back: list[int]) -> None:
    """Posts and authors of every story of the week, their medians, new stories, and copies (never of themselves)."""
    by_week: dict[int, dict[int, list[Post]]] = {m: defaultdict(list) for m in (n, *back)}
    for m, stories in by_week.items():
        for post in posts[m]:
            stories[post.story].append(post)
    platforms = {source.id: source.platform for source in quarter.sources}
    for platform, number in Counter(platforms[p.source] for p in posts[n]).items():
        found[f"in.platform.{platform}"] = number
    first: dict[int, int] = {}
    for post in quarter.posts:
        first.setdefault(post.story, id(post))
    found["in.copies"] = sum(p.copy and first[p.story] != id(p) for p in posts[n])
    found["in.stories"] = sum(week.start <= s.created < week.end and not s.merged for s in quarter.stories)
    for story, mine in by_week[n].items():
        found[f"spread.{story}.posts"] = len(mine)
        found[f"spread.{story}.authors"] = len({p.author or "" for p in mine})
        found |= {f"spread.{story}.share": None, f"spread.{story}.share.change": None}
        if len(posts[n]) >= 20:
            found[f"spread.{story}.share"] = round(100 * len(mine) / len(posts[n]), 1)
        if len(back) >= 2:
            earlier = [by_week[m].get(story, []) for m in back]
            if len(posts[n]) >= 20 and min(len(posts[m]) for m in back) >= 20:
                before = statistics.median(100 * len(by_week[m].get(story, [])) / len(posts[m]) for m in back)
                found[f"spread.{story}.share.change"] = round(100 * len(mine) / len(posts[n]) - before, 1)
            found[f"spread.{story}.posts.median"] = statistics.median(len(e) for e in earlier)
            found[f"spread.{story}.authors.median"] = statistics.median(
                len({p.author or "" for p in e}) for e in earlier
            )
    flagged = {s.id for s in quarter.stories if s.queued and s.queued < week.end and not s.merged}
    found["spread.flagged"] = len(flagged & by_week[n].keys())


def _source(found: Counts, source: Source, week: Period, posts: list[Post]) -> None:
    tries = [good for at, good in source.tries if week.start <= at < week.end]
    number = f"coverage.{source.id}"
    found[f"{number}.ok"] = sum(tries)
    found[f"{number}.failed"] = len(tries) - sum(tries)
    found[f"{number}.hours"] = sum(tries)  # one try an hour
    found[f"{number}.posts"] = sum(post.source == source.id for post in posts)


def outages(source: Source, week: Period) -> list[tuple[datetime, datetime]]:
    """Return the silences over six hours that touch a week, as known at its end, clipped to it."""
    good = [source.created, *(at for at, ok in source.tries if ok and at < week.end), week.end]
    long = [(a, b) for a, b in pairwise(good) if b - a > timedelta(hours=6)]
    begins = max(week.start, source.created)
    return [(max(a, begins), b) for a, b in long if b > begins]


def _sources(found: Counts, quarter: Quarter, week: Period) -> None:
    there = [source for source in quarter.sources if source.created < week.end]
    found["coverage.sources"] = len(there)
    full = down = 0
    for source in there:
        begins = max(week.start, source.created)
        hours = (week.end - begins) / timedelta(hours=1)
        full += found[f"coverage.{source.id}.ok"] >= 0.95 * hours
        last = max((at for at, ok in source.tries if ok and at < week.end), default=source.created)
        down += week.end - last > timedelta(hours=24)
    found["coverage.full"], found["coverage.down"] = full, down
    found["asks.blind"] = down if there and down == len(there) else 0
    found["asks.sources_down"] = 0 if found["asks.blind"] else down
