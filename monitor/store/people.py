"""Rows of staff, their sessions and tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, update
from sqlmodel import Session, col, select

from monitor.models import LoginSession, LoginTry, Person, Story


def by_login(session: Session, login: str) -> Person | None:
    return session.exec(select(Person).where(Person.login == login)).first()


def by_alias(session: Session, alias: str) -> Person | None:
    return session.exec(select(Person).where(Person.alias == alias)).first()


_BY_SESSION = (
    select(Person, LoginSession)
    .join(LoginSession, col(LoginSession.person_id) == Person.id)
    .where(LoginSession.token_hash == bindparam("token_hash"))
)  # every request asks it: put together once


def by_session(session: Session, token_hash: str) -> tuple[Person, LoginSession] | None:
    """Return the session with this hash and whose it is."""
    row = session.execute(_BY_SESSION, {"token_hash": token_hash}).first()
    return (row[0], row[1]) if row is not None else None


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Person)).one()


def everyone(session: Session) -> Sequence[Person]:
    return session.exec(select(Person).order_by(col(Person.id))).all()


def at_work(session: Session) -> list[tuple[int, str, str]]:
    """Return (id, pseudonym, role) of open accounts."""
    return [(number, alias, role) for number, alias, role in session.exec(_AT_WORK).all() if number is not None]


_AT_WORK = select(Person.id, Person.alias, Person.role).where(col(Person.active).is_(True)).order_by(col(Person.id))


def aliases(session: Session, ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = session.exec(select(Person.id, Person.alias).where(col(Person.id).in_(ids))).all()
    return {int(number): alias for number, alias in rows if number is not None}


def end_sessions(session: Session, person: Person) -> None:
    session.execute(delete(LoginSession).where(col(LoginSession.person_id) == person.id))


def sessions(session: Session, person_id: int, now: datetime) -> Sequence[LoginSession]:
    """Return a person's open sessions, the last used first."""
    return session.exec(
        select(LoginSession)
        .where(LoginSession.person_id == person_id, col(LoginSession.expires_at) > now)
        .order_by(col(LoginSession.seen_at).desc())
    ).all()


def release_leases(session: Session, person: Person) -> None:
    session.execute(
        update(Story)
        .where(col(Story.lease_person_id) == person.id)
        .values(lease_person_id=None, lease_until=None, status="queued")
        .execution_options(synchronize_session=False)
    )


def tries(session: Session, keys: Sequence[str], since: datetime) -> int:
    """Return the largest number of failed tries since ``since`` among ``keys``."""
    rows = session.exec(
        select(func.count()).where(col(LoginTry.key).in_(keys), col(LoginTry.at) >= since).group_by(col(LoginTry.key))
    ).all()
    return max(rows, default=0)


def forget_old(session: Session, before: datetime) -> int:
    """Delete sessions that ended and tries made before ``before``; return how many rows."""
    ended = session.execute(delete(LoginSession).where(col(LoginSession.expires_at) < before))
    tried = session.execute(delete(LoginTry).where(col(LoginTry.at) < before))
    return int(ended.rowcount) + int(tried.rowcount)  # type: ignore[attr-defined]
