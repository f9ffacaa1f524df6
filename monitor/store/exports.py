"""Rows that leave the desk as data, read in batches."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Decision, Response, Story

_BATCH = 500


def standing_decisions(session: Session) -> Iterator[tuple[Decision, Story]]:
    """Yield the newest decision of each story that was not taken back, with its story, by decision."""
    newest = select(sa.func.max(Decision.id)).where(col(Decision.undone_at).is_(None)).group_by(col(Decision.story_id))
    after = 0
    while True:
        found = session.exec(
            select(Decision, Story)
            .join(Story, col(Decision.story_id) == Story.id)
            .where(col(Decision.id).in_(newest), col(Decision.id) > after)
            .order_by(col(Decision.id))
            .limit(_BATCH)
        ).all()
        if not found:
            return
        yield from found
        after = found[-1][0].id or 0


def responses_of(session: Session, decision: Decision) -> list[Response]:
    """Return the standing responses of the decision's story, oldest first."""
    query = select(Response).where(Response.story_id == decision.story_id, col(Response.undone_at).is_(None))
    return list(session.exec(query.order_by(col(Response.id))).all())
