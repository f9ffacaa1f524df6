"""The audit sample: a few stories a week the machine left out, drawn at random and put before people all the same.

Without it nobody would know what the machine misses: what it does not queue, nobody sees. Each story of a week that was
not queued has the same chance; the seed is the week, so that anybody can draw it again. People decide on a drawn story
like on any other; it never counts among those the machine flagged.
"""

from __future__ import annotations

import random
from datetime import datetime

from sqlmodel import Session

from monitor import events
from monitor.context import Context
from monitor.events import SYSTEM
from monitor.models import Story
from monitor.ranking.weights import current_weights
from monitor.store import quality
from monitor.summaries.weeks import Period, of_moment
from monitor.vocabulary import QUEUED


def draw_due(context: Context) -> int:
    """Draw the sample of the week before this one, from the hour on at which its summary is written."""
    now, settings = context.clock(), context.settings
    this = of_moment(now, context.zone)
    if now < this.at(0, settings.summary.hour):
        return 0
    with context.writing() as session:
        return draw(session, context.key, this.shift(-1), settings.review.audit_sample, now)


def draw(session: Session, key: bytes, week: Period, count: int, now: datetime) -> int:
    """Put up to ``count`` unqueued stories of a week into the queue; return how many, 0 if it was done before."""
    if count == 0 or quality.audit_drawn(session, week.name):
        return 0
    left_out = quality.left_out(session, week.start, week.end)
    lot = random.Random(f"audit:{week.name}")  # noqa: S311 (a lot that anybody can draw again, not a secret)
    points = current_weights(session)["audit"]
    drawn = sorted(lot.sample(left_out, min(count, len(left_out))))
    for number in drawn:
        story = session.get_one(Story, number)
        story.status, story.audit_week, story.version = QUEUED, week.name, story.version + 1
        reason = {"signal": "audit", "points": points, "detail": {"week": week.name, "share": 1.0}}
        story.why, story.priority = [reason, *story.why], min(100.0, story.priority + points)
        session.add(story)
        details = {"week": week.name, "of": len(left_out)}
        events.record(session, key, now, SYSTEM, "story.audit_drawn", f"story:{number}", details=details)
    return len(drawn)
