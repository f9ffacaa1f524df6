"""Stories as pages and reports read them: one story, its history, search."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Decision, Event, FactCheck, Response, Story, StoryMatch


def get(session: Session, story_id: int) -> Story | None:
    return session.get(Story, story_id)


def matches(session: Session, story_id: int) -> Sequence[tuple[StoryMatch, FactCheck]]:
    """Return fact-checks proposed for a story, confirmed ones first, then by score."""
    rank = sa.case((StoryMatch.state == "confirmed", 0), (StoryMatch.state == "suggested", 1), else_=2)  # type: ignore[arg-type]
    return session.exec(
        select(StoryMatch, FactCheck)
        .join(FactCheck, col(FactCheck.id) == StoryMatch.fact_check_id)
        .where(StoryMatch.story_id == story_id)
        .order_by(rank, col(StoryMatch.score).desc())
    ).all()


def decisions(session: Session, story_id: int) -> Sequence[Decision]:
    return session.exec(select(Decision).where(Decision.story_id == story_id).order_by(col(Decision.id))).all()


def responses(session: Session, story_id: int) -> Sequence[Response]:
    return session.exec(select(Response).where(Response.story_id == story_id).order_by(col(Response.id))).all()


def events(session: Session, story_id: int, limit: int = 500) -> Sequence[Event]:
    """Return the newest events about a story, newest first."""
    return session.exec(
        select(Event).where(Event.subject == f"story:{story_id}").order_by(col(Event.seq).desc()).limit(limit)
    ).all()
