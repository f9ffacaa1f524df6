"""Stories as pages and reports read them: one story, its history, search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Decision, Event, FactCheck, Response, Story, StoryMatch


def get(session: Session, story_id: int) -> Story | None:
    return session.get(Story, story_id)


def matches(session: Session, story_id: int) -> Sequence[tuple[StoryMatch, FactCheck]]:
    """Return fact-checks proposed for a story, confirmed ones first, then by score."""
    return session.exec(_MATCHES, params={"story": story_id}).all()


def decisions(session: Session, story_id: int) -> Sequence[Decision]:
    return session.exec(_DECISIONS, params={"story": story_id}).all()


def responses(session: Session, story_id: int) -> Sequence[Response]:
    return session.exec(_RESPONSES, params={"story": story_id}).all()


def events(session: Session, story_id: int) -> Sequence[Event]:
    """Return the newest 500 events about a story, newest first."""
    return session.exec(_EVENTS, params={"subject": f"story:{story_id}"}).all()


# What every story page asks is put together once: that takes longer than running it.
_STORY: Any = sa.bindparam("story")
_RANK = sa.case((StoryMatch.state == "confirmed", 0), (StoryMatch.state == "suggested", 1), else_=2)  # type: ignore[arg-type]
_MATCHES = (
    select(StoryMatch, FactCheck)
    .join(FactCheck, col(FactCheck.id) == StoryMatch.fact_check_id)
    .where(StoryMatch.story_id == _STORY)
    .order_by(_RANK, col(StoryMatch.score).desc())
)
_DECISIONS = select(Decision).where(Decision.story_id == _STORY).order_by(col(Decision.id))
_RESPONSES = select(Response).where(Response.story_id == _STORY).order_by(col(Response.id))
_EVENTS = select(Event).where(Event.subject == sa.bindparam("subject")).order_by(col(Event.seq).desc()).limit(500)
