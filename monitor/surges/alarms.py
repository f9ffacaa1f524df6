"""Early warning: an alarm for each story that suddenly gets more voices than it should, as many as the team wants.

One alarm per story until its volume doubles again or it was quiet for three days; a claim that was already answered
raises its own kind. Raising, giving it a place in the budget and telling people are one transaction: killed anywhere,
nothing is raised or sent twice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor import events
from monitor.context import Context
from monitor.models import Alarm, Story
from monitor.records import JobResult
from monitor.store import grouping
from monitor.store import surges as store
from monitor.surges import budget as surge_budget
from monitor.surges import levels as surge_thresholds
from monitor.surges import notice as surge_notice
from monitor.surges.watch import Finding, observe
from monitor.vocabulary import QUEUED, WATCHING

QUIET = timedelta(hours=surge_thresholds.QUIET_HOURS)
"""A story below its threshold for so long may raise a new alarm."""

DOUBLED = 2
LATE_AFTER = timedelta(hours=2)
SAMPLES = 3
SERIES = 72
"""Hours whose counts a card keeps, for its small chart."""


@dataclass(frozen=True)
class Evidence:
    """What a window's posts are like. Shares are of the newest posts, counts of all."""

    posts: int
    authors: int
    sceptical: int
    voices: float
    copy_share: float
    top_author_share: float
    late_share: float
    langs: Mapping[str, int]
    platforms: Mapping[str, int]
    samples: Sequence[int]


def look(context: Context) -> JobResult:
    """Look at every busy story once, raise what is due and give places in the budget."""
    now = context.clock()
    with context.reading() as session:
        budget = surge_budget.per_week(session, context.settings.surges)
        refit = surge_thresholds.due(session, now)
    if refit:
        surge_thresholds.refit(context, now, budget)
    with context.reading() as session:
        factor = surge_thresholds.factor(session)
        found = [(one, surge_thresholds.bar(one.mean, factor, asked=one.requests > 0)) for one in observe(session, now)]
        over = [(one, bar) for one, bar in found if one.score >= bar]
    with context.writing() as session:
        store.lock(session)
        learned = surge_budget.experience(session, now)
        last = store.alarms_of(session, [one.story_id for one, _ in over])
        raised = [
            _raise(session, context.key, now, one, bar, last.get(one.story_id), learned)
            for one, bar in over
            if _is_news(session, now, one, last.get(one.story_id))
        ]
        shown = surge_budget.admit(session, context.zone, now, budget)
        before = surge_budget.shown_this_week(session, context.zone, now) - len(shown)
        for number, alarm in enumerate(shown, start=before + 1):
            story = _bring_up(session, context, now, alarm)
            surge_notice.tell(session, context, now, alarm, story, number, budget)
    return JobResult("ok", {"stories": len(found), "raised": len(raised), "shown": len(shown)})


def _is_news(session: Session, now: datetime, finding: Finding, last: Alarm | None) -> bool:
    """Whether a story above its threshold raises an alarm; one already told of is only kept awake."""
    if last is None:
        return True
    news = now - last.over_at >= QUIET or finding.lately(last.window_hours) >= DOUBLED * last.observed
    if not news:
        last.over_at = max(last.over_at, now)
        session.add(last)
    return news


def _raise(
    session: Session, key: bytes, now: datetime, finding: Finding, bar: float, last: Alarm | None,
    learned: Mapping[str, float],
) -> Alarm:  # fmt: skip
    story = session.get_one(Story, finding.story_id)
    begun = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=finding.window - 1)
    evidence = _evidence(session, finding.story_id, begun, now + timedelta(hours=1))
    harm = surge_budget.harm_of(story.scores, story.flags)
    group = surge_budget.group(harm, evidence.copy_share)
    rank, factors = surge_budget.rank(
        voices=evidence.voices, expected=finding.expected, harm=harm, sceptical=evidence.sceptical,
        posts=evidence.posts, precision=learned.get(group, 1.0),
    )  # fmt: skip
    alarm = Alarm(
        story_id=finding.story_id,
        number=last.number + 1 if last else 1,
        kind=_kind(session, story, begun, last),
        raised_at=now,
        window_hours=finding.window,
        observed=finding.observed,
        expected=finding.expected,
        upper=finding.upper,
        authors=evidence.authors,
        posts=evidence.posts,
        sceptic_share=round(evidence.sceptical / evidence.posts, 3) if evidence.posts else None,
        provisional=finding.provisional,
        late=evidence.late_share >= 0.5,
        score=finding.score,
        rank=rank,
        over_at=now,
        card={**_card(session, story, finding, evidence, begun, bar), "factors": factors, "group": group},
    )
    session.add(alarm)
    session.flush()
    details = {
        "alarm": alarm.id, "kind": alarm.kind, "observed": alarm.observed, "expected": alarm.expected,
        "hours": alarm.window_hours, "rank": rank,
    }  # fmt: skip
    events.record(session, key, now, events.SYSTEM, "alarm.raised", f"story:{story.id}", details=details)
    return alarm


def _kind(session: Session, story: Story, begun: datetime, last: Alarm | None) -> str:
    settled = story.verdict is not None and story.decided_at is not None and story.decided_at < begun
    if settled or store.answered_before(session, story.id or 0, begun):
        return "re_emerged"
    return "again" if last is not None else "new"


def _card(
    session: Session, story: Story, finding: Finding, evidence: Evidence, begun: datetime, bar: float
) -> dict[str, Any]:
    best = grouping.best_match(session, story.id or 0)
    return {
        "from": begun.isoformat(),
        "low": finding.low,
        "bar": round(bar, 2),
        "first_seen": story.first_seen_at.isoformat(),
        "requests": finding.requests,
        "gaps": finding.gaps,
        "sceptical": evidence.sceptical,
        "voices": round(evidence.voices, 1),
        "copy_share": round(evidence.copy_share, 3),
        "top_author_share": round(evidence.top_author_share, 3),
        "langs": dict(evidence.langs),
        "platforms": dict(evidence.platforms),
        "samples": list(evidence.samples),
        "fact_check": best[1].id if best else None,
        "verdict": story.verdict,
        "series": [int(count) for count in finding.counts[-SERIES:]],
    }


def _evidence(session: Session, story_id: int, begun: datetime, until: datetime) -> Evidence:
    totals = store.totals(session, story_id, begun, until)
    rows = store.newest(session, story_id, begun, until)
    texts = Counter(row[2] or row[0] for row in rows)
    authors = Counter(row[1] for row in rows if row[1])
    size = max(1, len(rows))
    late = sum(row[4] - row[3] > LATE_AFTER for row in rows)
    first = {row[2] or row[0]: row[0] for row in reversed(rows)}
    copies = len(rows) - len(texts)
    return Evidence(
        posts=totals.posts,
        authors=totals.authors,
        sceptical=totals.sceptical,
        voices=min(float(totals.authors), len(texts) + math.log2(1 + copies)),
        copy_share=max(texts.values(), default=0) / size if copies else 0.0,
        top_author_share=max(authors.values(), default=0) / size,
        late_share=late / size,
        langs=Counter(row[5] or "und" for row in rows),
        platforms=Counter(row[6] for row in rows),
        samples=[first[text] for text, _ in texts.most_common(SAMPLES)],
    )


def _bring_up(session: Session, context: Context, now: datetime, alarm: Alarm) -> Story:
    """Put a shown alarm's story before people, in the queue if it only was watched."""
    story = session.get_one(Story, alarm.story_id)
    story.alarm_at = now
    if story.status == WATCHING and story.last_triage is None:
        story.status, story.queued_at = QUEUED, now
    session.add(story)
    details = {"alarm": alarm.id, "rank": alarm.rank}
    events.record(session, context.key, now, events.SYSTEM, "alarm.shown", f"story:{story.id}", details=details)
    return story
