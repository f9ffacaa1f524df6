"""Rows of programs' keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import ApiToken


def by_hash(session: Session, token_hash: str) -> ApiToken | None:
    return session.exec(select(ApiToken).where(ApiToken.token_hash == token_hash)).first()


def live_count(session: Session, person_id: int, now: datetime) -> int:
    """Return how many keys of a person work now."""
    query = select(sa.func.count()).where(
        ApiToken.person_id == person_id, col(ApiToken.revoked_at).is_(None), col(ApiToken.expires_at) > now
    )
    return session.exec(query).one()


def listed(session: Session, person_id: int | None, limit: int = 200) -> Sequence[ApiToken]:
    """Return the newest keys, of one person or of all."""
    query = select(ApiToken)
    if person_id is not None:
        query = query.where(ApiToken.person_id == person_id)
    return session.exec(query.order_by(col(ApiToken.id).desc()).limit(limit)).all()
