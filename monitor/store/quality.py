"""Rows that say how good the desk's and the machine's work was: second readings, alarms, what came by tip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Alarm, Decision, Exposure, Post, Reading, Story, Tip
from monitor.store.queue import Lens
from monitor.store.stats import chunks, stories_of
from monitor.vocabulary import WATCHING

EXPOSED = 3
"""Fewest people whose exposure is told together: of fewer, each could be known."""


def second_readings(
    session: Session, start: datetime, end: datetime, at: datetime, only: Lens | None = None
) -> list[tuple[Reading, Decision, Story]]:
    """Return readings given in [start, end), with their decision and story, that stood at a moment ``at``."""
    query = (
        select(Reading, Decision, Story)
        .join(Decision, col(Decision.id) == Reading.decision_id)
        .join(Story, col(Story.id) == Reading.story_id)
        .where(
            col(Reading.done_at) >= start,
            col(Reading.done_at) < end,
            sa.or_(col(Reading.withdrawn_at).is_(None), col(Reading.withdrawn_at) >= at),
            sa.or_(col(Decision.undone_at).is_(None), col(Decision.undone_at) >= at),
        )
        .order_by(col(Reading.id))
    )
    if only is not None:
        query = query.where(col(Reading.story_id).in_(stories_of(only)))
    return list(session.exec(query).all())


def alarms(session: Session, start: datetime, end: datetime, only: Lens | None = None) -> list[tuple[Alarm, datetime]]:
    """Return alarms raised or shown in the span, each with when its story was first seen."""
    query = (
        select(Alarm, Story.first_seen_at)
        .join(Story, col(Story.id) == Alarm.story_id)
        .where(
            sa.or_(
                sa.and_(col(Alarm.raised_at) >= start, col(Alarm.raised_at) < end),
                sa.and_(col(Alarm.shown_at) >= start, col(Alarm.shown_at) < end),
            )
        )
        .order_by(col(Alarm.id))
    )
    if only is not None:
        query = query.where(col(Alarm.story_id).in_(stories_of(only)))
    return [(alarm, at) for alarm, at in session.exec(query).all()]


def first_alarms(session: Session, story_ids: Sequence[int]) -> dict[int, datetime]:
    """Return per story when its first alarm was shown."""
    found: dict[int, datetime] = {}
    for chunk in chunks(story_ids):
        rows = session.execute(
            sa.select(Alarm.story_id, sa.func.min(col(Alarm.shown_at)))  # type: ignore[call-overload]
            .where(col(Alarm.story_id).in_(chunk), col(Alarm.shown_at).is_not(None))
            .group_by(col(Alarm.story_id))
        ).all()
        found |= {int(number): at for number, at in rows}
    return found


def exposure(session: Session, first: date, last: date) -> list[int]:
    """Return hard texts per person and day in [first, last], without who; nothing for fewer than ``EXPOSED``."""
    rows = session.execute(
        sa.select(Exposure.person_id, sa.func.sum(Exposure.items))  # type: ignore[call-overload]
        .where(col(Exposure.day) >= first, col(Exposure.day) <= last, col(Exposure.items) > 0)
        .group_by(col(Exposure.person_id), col(Exposure.day))
    ).all()
    return sorted(int(items) for _, items in rows) if len({person for person, _ in rows}) >= EXPOSED else []


def audit_drawn(session: Session, week: str) -> bool:
    """Whether the audit sample of a week was drawn."""
    return session.exec(select(Story.id).where(Story.audit_week == week).limit(1)).first() is not None


def left_out(session: Session, start: datetime, end: datetime) -> list[int]:
    """Return the stories made in the span that neither the machine nor anybody put into the queue; no sample data."""
    query = select(Story.id).where(
        col(Story.created_at) >= start, col(Story.created_at) < end, Story.status == WATCHING,
        col(Story.queued_at).is_(None), col(Story.last_triage).is_(None), col(Story.merged_into).is_(None),
        col(Story.sample).is_(False),
    )  # fmt: skip
    return [int(number) for number in session.exec(query.order_by(col(Story.id))).all() if number is not None]


def below_cut(session: Session, start: datetime, end: datetime, only: Lens | None = None) -> list[int]:
    """Return the stories made in the span that the machine had not queued by its end."""
    query = select(Story.id).where(
        col(Story.created_at) >= start, col(Story.created_at) < end, col(Story.merged_into).is_(None),
        sa.or_(col(Story.queued_at).is_(None), col(Story.queued_at) >= end),
    )  # fmt: skip
    if only is not None:
        query = query.where(col(Story.id).in_(stories_of(only)))
    return [int(number) for number in session.exec(query.order_by(col(Story.id))).all() if number is not None]


def tips(session: Session, start: datetime, end: datetime, only: Lens | None = None) -> list[int]:
    """Return the posts that came by the tip line in the span."""
    query = select(Tip.post_id).where(col(Tip.received_at) >= start, col(Tip.received_at) < end)
    if only is not None:
        query = query.join(Post, col(Post.id) == Tip.post_id).where(col(Post.story_id).in_(stories_of(only)))
    return sorted(session.exec(query).all())


def first_tips(session: Session, end: datetime) -> dict[int, datetime]:
    """Return per story when the first tip about it came, before ``end``."""
    rows = session.execute(
        sa.select(Post.story_id, sa.func.min(col(Tip.received_at)))  # type: ignore[call-overload]
        .join(Tip, col(Tip.post_id) == Post.id)
        .where(col(Tip.received_at) < end, col(Post.story_id).is_not(None))
        .group_by(col(Post.story_id))
    ).all()
    return {int(number): at for number, at in rows}
