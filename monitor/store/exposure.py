"""Hard texts people looked at, per day and kind; stories they passed on."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Exposure, StoryPass


def add(session: Session, person_id: int, day: date, kind: str, seconds: int) -> None:
    """Count one more text of that day and kind."""
    row = session.exec(
        select(Exposure).where(Exposure.person_id == person_id, Exposure.day == day, Exposure.kind == kind)
    ).first()
    row = row or Exposure(person_id=person_id, day=day, kind=kind)
    row.items, row.seconds = row.items + 1, row.seconds + seconds
    session.add(row)


def of_day(session: Session, person_id: int, day: date) -> tuple[int, int]:
    """Return (texts, seconds) of a day."""
    items, seconds = session.execute(_OF_DAY, {"person": person_id, "day": day}).one()
    return int(items), int(seconds)


_OF_DAY = sa.select(
    sa.func.coalesce(sa.func.sum(Exposure.items), 0), sa.func.coalesce(sa.func.sum(Exposure.seconds), 0)
).where(col(Exposure.person_id) == sa.bindparam("person"), col(Exposure.day) == sa.bindparam("day"))
"""Nearly every page asks it: put together once."""


def pass_on(session: Session, person_id: int, story_id: int, now: datetime) -> None:
    """Remember that the story is not for this person."""
    session.merge(StoryPass(story_id=story_id, person_id=person_id, at=now))


def forget(session: Session, before_day: date, before: datetime) -> int:
    """Delete days and passed stories from before; return how many rows."""
    days = session.execute(sa.delete(Exposure).where(col(Exposure.day) < before_day))
    passed = session.execute(sa.delete(StoryPass).where(col(StoryPass.at) < before))
    return int(days.rowcount) + int(passed.rowcount)  # type: ignore[attr-defined]
