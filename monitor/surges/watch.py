"""From rows to findings: which stories grow faster than expected right now, by the time posts were made.

An hour in which a story's sources did not answer is missing, not empty. Posts that a source told of after such a gap
count in the hour they were made; those without a time of their own are left out of the hour the gap ended in.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlmodel import Session

from monitor.store import surges as store
from monitor.surges import detect

HOURS = 720
"""Hours looked at: the past of a baseline, its guard, and a day to see the surge in."""

LATELY = timedelta(hours=24)
LEAST_POSTS = 3
"""Posts that are evidence enough when somebody asked the desk about the story."""

SEEN_SHARE = 0.75
"""An hour counts as watched when the sources of this share of a story's posts answered."""

REACH = 1.5
"""A source answers for the time since its last visit, up to so many of its intervals."""


@dataclass(frozen=True)
class Finding:
    """A story above what is expected, or one that was: ``counts`` are its distinct authors per hour, newest last."""

    story_id: int
    score: float
    window: int
    observed: int
    expected: float
    low: float
    upper: float
    mean: float
    provisional: bool
    requests: int
    gaps: int
    counts: detect.Hours

    def lately(self, hours: int) -> int:
        """Return the distinct authors per hour, summed over the last hours."""
        return int(self.counts[-hours:].sum())


@dataclass(frozen=True)
class Watched:
    """Stories by rows: authors per hour, share of each hour that was watched, and the rows' numbers."""

    stories: tuple[int, ...]
    counts: detect.Hours
    seen: detect.Hours


def first_hour(now: datetime) -> datetime:
    """Return the start of the oldest hour looked at; the newest is the hour of ``now``."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def observe(session: Session, now: datetime) -> list[Finding]:
    """Return a finding for every story with enough evidence in the last day, whatever its score."""
    ahead = now + timedelta(hours=1)  # clocks of platforms may be a little ahead of ours
    stories = [
        story
        for story in store.busy(session, now - LATELY, ahead, LEAST_POSTS)
        if story.authors >= detect.LEAST_EVIDENCE or story.requests > 0
    ]
    if not stories:
        return []
    view = watch(session, [story.story_id for story in stories], now)
    asked = np.array([[story.requests > 0] for story in stories])
    least = np.where(asked, float(LEAST_POSTS), detect.LEAST_EVIDENCE)
    found = detect.bank(view.counts, view.seen, least)
    return [_finding(story, found, view, row) for row, story in enumerate(stories) if found.score[row, -1] > 0]


def _finding(story: store.Busy, found: detect.Scan, view: Watched, row: int) -> Finding:
    window, expected = int(found.window[row, -1]), float(found.expected[row, -1])
    dispersion = float(found.dispersion[row, -1])
    whole = view.seen[row, :-1] > 0
    begun = int(np.argmax(whole)) if whole.any() else len(whole)
    return Finding(
        story_id=story.story_id,
        score=round(float(found.score[row, -1]), 3),
        window=window,
        observed=int(found.observed[row, -1]),
        expected=round(expected, 2),
        low=float(detect.quantile(expected, dispersion, 0.025)),
        upper=float(detect.quantile(expected, dispersion, 0.975)),
        mean=float(found.mean[row, -1]),
        provisional=not bool(found.known[row, -1]),
        requests=story.requests,
        gaps=int((~whole[max(begun, len(whole) - 24) :]).sum()),
        counts=view.counts[row],
    )


def watch(session: Session, ids: Sequence[int], now: datetime, recent: timedelta = timedelta(days=7)) -> Watched:
    """Return the counts of these stories per hour, and how much of each hour was watched.

    ``recent``: the time whose posts say which sources a story comes from.
    """
    start = first_hour(now)
    lately: dict[int, dict[int, int]] = defaultdict(dict)
    for story, source, posts in store.shares(session, ids, now - recent):
        lately[story][source] = posts
    sources = sorted({source for shares in lately.values() for source in shares})
    answered = _answered(session, sources, start, now)
    rows = {story: row for row, story in enumerate(ids)}
    seen = np.stack([_seen(lately[story], answered) for story in ids])
    counts = np.zeros((len(ids), HOURS))
    resumed = np.zeros_like(counts, dtype=bool)
    resumed[:, 1:] = (seen[:, 1:] > 0) & (seen[:, :-1] == 0)
    for count in store.hourly(session, ids, start):
        row, hour = rows[count.story_id], min(count.hour, HOURS - 1)
        counts[row, hour] += count.dated if resumed[row, hour] else count.authors
    seen[:, -1] *= (now - now.replace(minute=0, second=0, microsecond=0)) / store.HOUR
    return Watched(tuple(ids), counts, seen)


def _answered(session: Session, sources: Sequence[int], start: datetime, now: datetime) -> dict[int, detect.Hours]:
    """Return for each source 1 in the hours it answered for, 0 in the others."""
    reach = {n: max(1, math.ceil(REACH * every / 3600)) for n, every in store.intervals(session, sources).items()}
    hours = {source: np.zeros(HOURS) for source in sources}
    for source, hour in store.good_hours(session, sources, start):
        if 0 <= hour < HOURS:
            hours[source][max(0, hour - reach.get(source, 1) + 1) : hour + 1] = 1.0
    return hours


def _seen(shares: Mapping[int, int], answered: Mapping[int, detect.Hours]) -> detect.Hours:
    whole = sum(shares.values())
    if not whole:
        return np.zeros(HOURS)
    share = np.add.reduce([posts / whole * answered[source] for source, posts in shares.items()])
    return np.where(share >= SEEN_SHARE, 1.0, 0.0)
