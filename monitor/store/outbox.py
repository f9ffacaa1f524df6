"""Rows of the outbox and of webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from monitor.models import Outbox, Webhook


def insert(session: Session, row: Outbox) -> bool:
    """Insert unless the key is there; return whether it was inserted. Safe against a second writer."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = row.model_dump(exclude={"id"})
    wanted = dialect.insert(Outbox).values(**values).on_conflict_do_nothing(index_elements=["key"])
    return session.execute(wanted.returning(col(Outbox.id))).first() is not None


def due(session: Session, now: datetime, kind: str, passed: set[str]) -> Outbox | None:
    """Return the oldest waiting message of ``kind`` whose time has come, locked for this transaction."""
    question = (
        select(Outbox)
        .where(Outbox.state == "waiting", Outbox.kind == kind, Outbox.next_try_at <= now)
        .where(col(Outbox.to).not_in(passed))
        .order_by(col(Outbox.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.exec(question).first()


def claimed(session: Session, row_id: int, tries: int) -> Outbox | None:
    """Return a message if this try is still the newest one: a sender that slept too long has lost its claim."""
    return session.exec(
        select(Outbox).where(Outbox.id == row_id, Outbox.tries == tries, Outbox.state == "waiting").with_for_update()
    ).first()


def by_key(session: Session, key: str) -> Outbox | None:
    return session.exec(select(Outbox).where(Outbox.key == key)).first()


def counts(session: Session) -> dict[tuple[str, str], int]:
    """Return (kind, state) -> messages."""
    rows = session.exec(
        select(Outbox.kind, Outbox.state, sa.func.count()).group_by(col(Outbox.kind), col(Outbox.state))
    ).all()
    return {(kind, state): count for kind, state, count in rows}


def troubled(session: Session, limit: int = 50) -> Sequence[Outbox]:
    """Return messages that were given up or have failed before, newest first."""
    failed = sa.or_(Outbox.state == "given_up", sa.and_(Outbox.state == "waiting", col(Outbox.error).is_not(None)))  # type: ignore[arg-type]
    return session.exec(select(Outbox).where(failed).order_by(col(Outbox.id).desc()).limit(limit)).all()


def forget_before(session: Session, before: datetime) -> int:
    """Delete messages that ended before ``before``; return how many."""
    done = session.execute(sa.delete(Outbox).where(col(Outbox.state) != "waiting", col(Outbox.done_at) < before))
    return int(done.rowcount)  # type: ignore[attr-defined]


def webhooks(session: Session) -> Sequence[Webhook]:
    return session.exec(select(Webhook).order_by(col(Webhook.name))).all()


def webhook_named(session: Session, name: str) -> Webhook | None:
    return session.exec(select(Webhook).where(Webhook.name == name)).first()
