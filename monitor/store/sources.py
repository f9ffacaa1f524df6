"""Sources, their tries and what could not be mapped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import CollectRun, Post, RawItemRow, Source
from monitor.vocabulary import TIP


def by_name(session: Session, name: str) -> Source | None:
    return session.exec(select(Source).where(Source.name == name)).first()


def tip_line(session: Session) -> Source | None:
    return session.exec(select(Source).where(Source.kind == TIP)).first()


def everything(session: Session) -> Sequence[Source]:
    return session.exec(select(Source).order_by(col(Source.name))).all()


def due(session: Session, now: datetime, limit: int) -> Sequence[Source]:
    """Return enabled sources whose time has come and that no other worker holds; the tip line is never visited."""
    free = sa.or_(col(Source.lease_until).is_(None), col(Source.lease_until) <= now)
    return session.exec(
        select(Source)
        .where(col(Source.enabled).is_(True), col(Source.next_poll_at) <= now, Source.kind != TIP, free)
        .order_by(col(Source.next_poll_at))
        .limit(limit)
    ).all()


def take(session: Session, source_id: int, token: str, now: datetime, minutes: int = 10) -> bool:
    """Lease a source to one worker; ``token`` fences its later writes."""
    free = sa.or_(col(Source.lease_until).is_(None), col(Source.lease_until) <= now)
    changed = session.execute(
        sa.update(Source)
        .where(col(Source.id) == source_id, free)
        .values(lease_token=token, lease_until=now + timedelta(minutes=minutes))
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def runs(session: Session, source_id: int, limit: int = 20) -> Sequence[CollectRun]:
    return session.exec(
        select(CollectRun).where(CollectRun.source_id == source_id).order_by(col(CollectRun.id).desc()).limit(limit)
    ).all()


def post_counts(session: Session, since: datetime) -> dict[int, int]:
    """Return posts stored per source since ``since``."""
    rows = session.exec(
        select(Post.source_id, sa.func.count()).where(Post.seen_at >= since).group_by(col(Post.source_id))
    ).all()
    return {int(number): int(count) for number, count in rows}


def unmapped_counts(session: Session) -> dict[int, int]:
    """Return raw items kept for replay per source."""
    rows = session.exec(
        select(RawItemRow.source_id, sa.func.count())
        .where(RawItemRow.outcome == "unmapped")
        .group_by(col(RawItemRow.source_id))
    ).all()
    return {int(number): int(count) for number, count in rows}
