"""Questions to people outside, by story."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from monitor.models import ExpertAsk


def get(session: Session, ask_id: int) -> ExpertAsk | None:
    return session.get(ExpertAsk, ask_id, populate_existing=True)


def of_story(session: Session, story_id: int) -> Sequence[ExpertAsk]:
    return session.exec(_OF_STORY, params={"story": story_id}).all()


_OF_STORY = select(ExpertAsk).where(ExpertAsk.story_id == bindparam("story")).order_by(col(ExpertAsk.id))
