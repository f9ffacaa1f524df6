"""The library of published fact-checks."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import FactCheck
from monitor.store import search


def by_external_id(session: Session, external_id: str) -> FactCheck | None:
    return session.exec(select(FactCheck).where(FactCheck.external_id == external_id)).first()


def page(session: Session, words: str = "", limit: int = 50, after: int | None = None) -> Sequence[FactCheck]:
    """Return fact-checks that hold all ``words``, or all of them, newest row first (keyset by id)."""
    if words.strip():
        return search.fact_checks(session, words, after, limit)
    query = select(FactCheck).where(col(FactCheck.withdrawn_at).is_(None))
    if after is not None:
        query = query.where(col(FactCheck.id) < after)
    return session.exec(query.order_by(col(FactCheck.id).desc()).limit(limit)).all()


def everything(session: Session) -> Sequence[FactCheck]:
    return session.exec(select(FactCheck).order_by(col(FactCheck.id))).all()


def without_vector(session: Session, model: str, limit: int = 500) -> Sequence[FactCheck]:
    """Return fact-checks that have no vector of ``model`` yet."""
    stale = sa.or_(col(FactCheck.model).is_(None), col(FactCheck.model) != model)
    return session.exec(
        select(FactCheck).where(stale, col(FactCheck.withdrawn_at).is_(None)).order_by(col(FactCheck.id)).limit(limit)
    ).all()


def state(session: Session, model: str) -> tuple[int, int]:
    """Return (count, highest id) of fact-checks with a vector of ``model``: enough to see that they changed."""
    query = select(sa.func.count(), sa.func.max(FactCheck.id)).where(FactCheck.model == model)
    count, newest = session.exec(query).one()
    return int(count), int(newest or 0)
