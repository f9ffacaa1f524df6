"""Where a story stands in the queue: a sum of named parts, each a number of points a reader can check.

Truth never enters: a verdict is a person's. Opinion, criticism, satire and protest have no signal here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.records import Reason

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "harmful": 30.0,
    "check_worthy": 20.0,
    "scam": 20.0,
    "hate": 30.0,
    "abuse": 5.0,
    "unreliable": 5.0,
    "match": 15.0,
    "authors": 15.0,
    "reach": 8.0,
    "growth": 10.0,
    "requests": 15.0,
    "age": 5.0,
    "denials": 10.0,
}
"""Most points each signal can add (``denials``: take away). ``unreliable`` is kept small on purpose: texts that read
like information that turned out false are told apart by source and style more than by truth."""

MODEL_SIGNALS = ("harmful", "check_worthy", "scam", "hate", "abuse", "unreliable")
HARM_FLAGS = frozenset({"harmful", "scam", "hate", "abuse"})
"""Flags that can bring a story into the queue by themselves; ``claim`` and ``unreliable`` never do."""

FULL_AUTHORS = 50
FULL_REACH = 1_000_000
FULL_GROWTH = 20
FULL_REQUESTS = 10
FULL_AGE_HOURS = 72.0


@dataclass(frozen=True)
class Standing:
    """What is known of a story (or of one post: ``posts`` 1, no growth) when it is ranked.

    ``scores`` are means over its posts that repeat the claim, ``flags`` labels above their threshold.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    posts: int = 1
    authors: int = 1
    denying: int = 0
    unscored: int = 0
    requests: int = 0
    reach: int | None = None
    last_day: int = 0
    day_before: int = 0
    match_band: str = "none"
    match_verdict: str | None = None
    match_publisher: str | None = None
    waiting_since: datetime | None = None


def rank(standing: Standing, weights: Mapping[str, float], now: datetime) -> tuple[float, list[Reason]]:
    """Return (priority 0..100, its parts, largest first). The priority is their sum, held to that range."""
    parts = [*_from_model(standing, weights), *_from_spread(standing, weights), *_from_people(standing, weights, now)]
    parts = [part for part in parts if abs(part.points) >= 0.05 or part.signal == "unscored"]
    parts.sort(key=lambda part: -abs(part.points))
    total = sum(part.points for part in parts)
    return round(min(100.0, max(0.0, total)), 2), parts


def _from_model(standing: Standing, weights: Mapping[str, float]) -> list[Reason]:
    parts = []
    for label in MODEL_SIGNALS:
        # A label below its threshold adds nothing: a hundred small doubts are not one reason.
        if label in standing.flags:
            score = standing.scores.get(label, 0.0)
            parts.append(_part(label, weights[label] * score, {"score": round(score, 3)}))
    if standing.unscored:
        parts.append(_part("unscored", 0.0, {"posts": standing.unscored}))
    return parts


def _from_spread(standing: Standing, weights: Mapping[str, float]) -> list[Reason]:
    authors = _log_share(standing.authors - 1, FULL_AUTHORS)
    parts = [_part("authors", weights["authors"] * authors, {"authors": standing.authors, "posts": standing.posts})]
    if standing.reach is not None:
        share = _log_share(standing.reach, FULL_REACH)
        parts.append(_part("reach", weights["reach"] * share, {"reach": standing.reach}))
    grown = max(0, standing.last_day - max(1, standing.day_before))
    parts.append(
        _part(
            "growth",
            weights["growth"] * _log_share(grown, FULL_GROWTH),
            {"last": standing.last_day, "before": standing.day_before},
        )
    )
    if standing.denying:
        share = min(1.0, standing.denying / max(1, standing.posts))
        parts.append(_part("denials", -weights["denials"] * share, {"posts": standing.denying}))
    return parts


def _from_people(standing: Standing, weights: Mapping[str, float], now: datetime) -> list[Reason]:
    share = {"sure": 1.0, "suggest": 0.4}.get(standing.match_band, 0.0)
    detail = {"band": standing.match_band, "verdict": standing.match_verdict, "publisher": standing.match_publisher}
    parts = [_part("match", weights["match"] * share, detail)]
    asked = _log_share(standing.requests, FULL_REQUESTS)
    parts.append(_part("requests", weights["requests"] * asked, {"requests": standing.requests}))
    if standing.waiting_since is not None:
        hours = max(0.0, (now - standing.waiting_since).total_seconds() / 3600)
        share = min(1.0, hours / FULL_AGE_HOURS)
        parts.append(_part("age", weights["age"] * share, {"hours": round(hours)}))
    return parts


def _part(signal: str, points: float, detail: Mapping[str, object]) -> Reason:
    return Reason(signal, round(points, 2), dict(detail))


def _log_share(value: int, full: int) -> float:
    """Return 0..1: each doubling counts alike, ``full`` and more counts 1."""
    return min(1.0, math.log1p(max(0, value)) / math.log1p(full))


def wants_queue(standing: Standing, priority: float, queue_from: float) -> bool:
    """Whether a story should be looked at by a person: for a reason, and ranked high enough.

    A reason is harm, a request, a sure match, or a claim worth checking that more than one person made or somebody
    checked before. One person's sharp opinion, full of facts as it may be, is watched and not put before the desk.
    A story the model could not score goes to a person too: a failure must never look like a clean bill.
    """
    if standing.unscored:
        return True
    spreads = standing.authors > 1 or standing.match_band != "none"
    reasons = (
        bool(standing.flags & HARM_FLAGS),
        "check_worthy" in standing.flags and spreads,
        standing.requests > 0,
        standing.match_band == "sure",
    )
    return any(reasons) and priority >= queue_from
