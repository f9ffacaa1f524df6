"""Where a story stands in the queue: a sum of named parts, each a number of points a reader can check.

Truth never enters: a verdict is a person's. Opinion, criticism, satire and protest have no signal here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.ranking import fable
from monitor.records import Reason

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "fragmentation": 30.0,
    "actionability": 30.0,
    "exploitation": 20.0,
    "believability": 4.0,
    "likelihood": 4.0,
    "check_worthy": 20.0,
    "unreliable": 5.0,
    "match": 15.0,
    "authors": 15.0,
    "reach": 8.0,
    "growth": 10.0,
    "requests": 15.0,
    "age": 5.0,
    "audit": 15.0,
    "denials": 10.0,
}
"""Most points each signal can add (``denials``: take away). The first five are harm (``monitor.ranking.fable``).

``unreliable`` is kept small on purpose: texts that read like information that turned out false are told apart by source
and style more than by truth."""

MODEL_SIGNALS = ("check_worthy", "unreliable")
LESSENING = frozenset({"denials"})
SMALLEST = 0.01
"""Parts with less than this share of their weight are not kept."""

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

    ``scores`` are means over its posts that repeat the claim, ``flags`` labels above their threshold; ``harm`` holds a
    person's answers about harm, empty until somebody gave them.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    posts: int = 1
    authors: int = 1
    denying: int = 0
    asking: int = 0
    unscored: int = 0
    disguised: int = 0
    requests: int = 0
    reach: int | None = None
    last_day: int = 0
    day_before: int = 0
    match_band: str = "none"
    match_verdict: str | None = None
    match_publisher: str | None = None
    waiting_since: datetime | None = None
    audit_week: str | None = None
    harm: fable.Answers = field(default_factory=dict)


def rank(standing: Standing, weights: Mapping[str, float], now: datetime) -> tuple[float, list[Reason]]:
    """Return (priority 0..100, its parts, largest first). The priority is their sum, held to that range."""
    parts = [
        *_from_harm(standing, weights),
        *_from_model(standing, weights),
        *_from_spread(standing, weights),
        *_from_people(standing, weights, now),
    ]
    parts = [part for part in parts if part.detail.get("share", 1.0) >= SMALLEST]
    parts.sort(key=lambda part: (-abs(part.points), part.signal))
    total = sum(part.points for part in parts)
    return round(min(100.0, max(0.0, total)), 2), parts


def _from_harm(standing: Standing, weights: Mapping[str, float]) -> list[Reason]:
    """Return harm as points. A person's answers count in full; what is only proposed counts by the model's score.

    How believable a claim is and how likely to spread adds something only where it could do harm at all.
    """
    proposed = fable.propose(facts(standing))
    shares: dict[str, float] = {}
    for name in fable.DIMENSIONS:
        if name in standing.harm:
            shares[name] = (standing.harm[name] or 0) / 2
        elif name in fable.SOURCE_LABELS:
            label = fable.SOURCE_LABELS[name]
            # A label below its threshold adds nothing: a hundred small doubts are not one reason.
            shares[name] = standing.scores.get(label, 0.0) if label in standing.flags else 0.0
        else:
            shares[name] = (proposed[name].answer or 0) / 2
    if not any(shares[name] for name in fable.SOURCE_LABELS):
        shares.update({name: 0.0 for name in shares if name not in standing.harm})
    return [_harm_part(name, share, standing, proposed, weights) for name, share in shares.items()]


def _harm_part(
    name: str, share: float, standing: Standing, proposed: Mapping[str, fable.Proposal], weights: Mapping[str, float]
) -> Reason:
    if name in standing.harm:
        return _part(name, weights, share, {"answer": standing.harm[name], "by": "person"})
    return _part(name, weights, share, {"answer": proposed[name].answer, "by": "machine", **proposed[name].detail})


def facts(standing: Standing) -> fable.Facts:
    """Return what proposals about harm are made from."""
    return fable.Facts(
        standing.scores, standing.flags, standing.posts, standing.authors, standing.denying + standing.asking,
        standing.reach or 0, float(standing.last_day - standing.day_before),
    )  # fmt: skip


def _from_model(standing: Standing, weights: Mapping[str, float]) -> list[Reason]:
    parts = []
    for label in MODEL_SIGNALS:
        if label in standing.flags:
            score = standing.scores.get(label, 0.0)
            parts.append(_part(label, weights, score, {"score": round(score, 3)}))
    if standing.unscored:
        parts.append(Reason("unscored", 0.0, {"posts": standing.unscored}))
    if standing.disguised:
        parts.append(Reason("disguised", 0.0, {"posts": standing.disguised}))
    return parts


def _from_spread(standing: Standing, weights: Mapping[str, float]) -> list[Reason]:
    authors = _log_share(standing.authors - 1, FULL_AUTHORS)
    parts = [_part("authors", weights, authors, {"authors": standing.authors, "posts": standing.posts})]
    if standing.reach is not None:
        parts.append(_part("reach", weights, _log_share(standing.reach, FULL_REACH), {"reach": standing.reach}))
    grown = _log_share(max(0, standing.last_day - max(1, standing.day_before)), FULL_GROWTH)
    parts.append(_part("growth", weights, grown, {"last": standing.last_day, "before": standing.day_before}))
    if standing.denying:
        share = min(1.0, standing.denying / max(1, standing.posts))
        parts.append(_part("denials", weights, share, {"posts": standing.denying}))
    return parts


def _from_people(standing: Standing, weights: Mapping[str, float], now: datetime) -> list[Reason]:
    share = {"sure": 1.0, "suggest": 0.4}.get(standing.match_band, 0.0)
    detail = {"band": standing.match_band, "verdict": standing.match_verdict, "publisher": standing.match_publisher}
    parts = [_part("match", weights, share, detail)]
    asked = _log_share(standing.requests, FULL_REQUESTS)
    parts.append(_part("requests", weights, asked, {"requests": standing.requests}))
    if standing.waiting_since is not None:
        hours = max(0.0, (now - standing.waiting_since).total_seconds() / 3600)
        share = min(1.0, hours / FULL_AGE_HOURS)
        parts.append(_part("age", weights, share, {"hours": round(hours)}))
    if standing.audit_week is not None:
        parts.append(_part("audit", weights, 1.0, {"week": standing.audit_week}))
    return parts


def _part(signal: str, weights: Mapping[str, float], share: float, detail: Mapping[str, object]) -> Reason:
    """Return a part with ``share`` (0..1) of its weight; the share is kept, so that other weights can be tried."""
    points = weights[signal] * share * (-1 if signal in LESSENING else 1)
    return Reason(signal, round(points, 2), {**detail, "share": round(share, 4)})


def with_weights(parts: Sequence[Mapping[str, Any]], weights: Mapping[str, float]) -> float:
    """Return the priority that stored parts would add up to under other weights."""
    total = 0.0
    for part in parts:
        share = part["detail"].get("share")
        if share is not None and part["signal"] in weights:
            total += weights[part["signal"]] * float(share) * (-1 if part["signal"] in LESSENING else 1)
    return round(min(100.0, max(0.0, total)), 2)


def _log_share(value: int, full: int) -> float:
    """Return 0..1: each doubling counts alike, ``full`` and more counts 1."""
    return min(1.0, math.log1p(max(0, value)) / math.log1p(full))


def wants_queue(standing: Standing, priority: float, queue_from: float) -> bool:
    """Whether a story should be looked at by a person: for a reason, and ranked high enough.

    A reason is harm, a request, a sure match, or a claim worth checking that more than one person made or somebody
    checked before. One person's sharp opinion, full of facts as it may be, is watched and not put before the desk.
    A story the model could not score goes to a person too: a failure must never look like a clean bill. So does one
    whose posts are heavily disguised: whoever hides words from filters has a reason.
    """
    if standing.unscored or standing.disguised:
        return True
    spreads = standing.authors > 1 or standing.match_band != "none"
    reasons = (
        bool(standing.flags & HARM_FLAGS),
        "check_worthy" in standing.flags and spreads,
        standing.requests > 0,
        standing.match_band == "sure",
    )
    return any(reasons) and priority >= queue_from
