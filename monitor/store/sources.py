"""Sources, their tries and what could not be mapped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Backfill, CollectRun, RawItemRow, Source, SourceDay
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


def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when the next enabled source that nobody holds is due."""
    free = sa.or_(col(Source.lease_until).is_(None), col(Source.lease_until) <= now)
    return session.exec(
        select(sa.func.min(Source.next_poll_at)).where(col(Source.enabled).is_(True), Source.kind != TIP, free)
    ).one()


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


def count_visit(session: Session, run: CollectRun, now: datetime) -> None:
    """Add a finished visit to its source's day."""
    day = now.astimezone(UTC).date()
    row = session.get(SourceDay, (run.source_id, day)) or SourceDay(source_id=run.source_id, day=day)
    row.visits += 1
    row.failed += run.error is not None
    row.new, row.revised, row.unmapped = row.new + run.new, row.revised + run.revised, row.unmapped + run.unmapped
    session.add(row)


class Day(NamedTuple):
    """What the visits of one UTC day brought."""

    visits: int
    failed: int
    new: int


def days(session: Session, since: date) -> dict[int, dict[date, Day]]:
    """Return what the days since ``since`` brought, by source."""
    found: dict[int, dict[date, Day]] = {}
    columns = (SourceDay.source_id, SourceDay.day, SourceDay.visits, SourceDay.failed, SourceDay.new)
    for number, day, *figures in session.execute(sa.select(*columns).where(col(SourceDay.day) >= since)):  # type: ignore[call-overload]
        found.setdefault(number, {})[day] = Day(*figures)
    return found


def new_since(session: Session, since: datetime) -> dict[int, int]:
    """Return the posts that visits begun after ``since`` brought, by source (backfills and imports apart)."""
    rows = session.exec(
        select(CollectRun.source_id, sa.func.sum(CollectRun.new))
        .where(CollectRun.started_at > since)
        .group_by(col(CollectRun.source_id))
    ).all()
    return {int(number): int(count) for number, count in rows}


def forget_runs(session: Session, before: datetime, limit: int = 5000) -> int:
    """Delete visits begun before ``before``; what their days brought stays. Returns how many."""
    ids = session.exec(select(CollectRun.id).where(CollectRun.started_at < before).limit(limit)).all()
    session.execute(sa.delete(CollectRun).where(col(CollectRun.id).in_(ids)))
    return len(ids)


def open_backfill(session: Session, source_id: int, since: datetime, until: datetime) -> Backfill | None:
    """Return the newest unfinished backfill of a source over exactly this span."""
    return session.exec(
        select(Backfill)
        .where(
            Backfill.source_id == source_id,
            Backfill.since == since,
            Backfill.until == until,
            col(Backfill.finished_at).is_(None),
        )
        .order_by(col(Backfill.id).desc())
    ).first()


def open_until(session: Session, source_id: int, since: datetime) -> datetime | None:
    """Return where the newest unfinished backfill that begins at ``since`` ends."""
    return session.exec(
        select(Backfill.until)
        .where(Backfill.source_id == source_id, Backfill.since == since, col(Backfill.finished_at).is_(None))
        .order_by(col(Backfill.id).desc())
    ).first()


def unmapped_counts(session: Session) -> dict[int, int]:
    """Return raw items kept for replay per source."""
    rows = session.exec(
        select(RawItemRow.source_id, sa.func.count())
        .where(RawItemRow.outcome == "unmapped")
        .group_by(col(RawItemRow.source_id))
    ).all()
    return {int(number): int(count) for number, count in rows}
