"""The audit log: what people and settings did, in one chain that shows every later change.

Each row carries an HMAC-SHA256 over the row before it and its own canonical JSON; the key lies outside the
database. Editing, deleting, reordering or inserting rows breaks the chain. Cutting its tail, or rewriting all of it
with a stolen key, shows only against a head hash kept elsewhere: every weekly summary prints it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Event

GENESIS = "0" * 64
_LOCK = 72617002
_BATCH = 1000


@dataclass(frozen=True)
class Actor:
    """Who does something: a member of staff, or the system (``person_id`` None). ``alias`` is what logs show."""

    alias: str
    role: str
    person_id: int | None = None


SYSTEM = Actor("system", "admin")


def record(
    session: Session,
    key: bytes,
    now: datetime,
    actor: Actor,
    action: str,
    subject: str = "",
    outcome: str = "ok",
    details: Mapping[str, Any] | None = None,
) -> Event:
    """Append one event in the caller's transaction, so that the deed and its record stand or fall together.

    ``subject`` is ``kind:id`` (``story:12``). On PostgreSQL an advisory lock keeps two writers from forking the
    chain; on SQLite the write lock already does.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    session.flush()
    seq, previous = head(session)
    event = Event(
        seq=seq + 1,
        at=now,
        actor=actor.alias,
        action=action,
        subject=subject,
        outcome=outcome,
        details=dict(details or {}),
        previous=previous,
        hash="",
    )
    event.hash = seal(event, key)
    session.add(event)
    session.flush()
    return event


def seal(event: Event, key: bytes) -> str:
    """Return the hash an event must carry: HMAC-SHA256 over its canonical JSON and its predecessor's hash."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [event.seq, at, event.actor, event.action, event.subject, event.outcome, event.details, event.previous]
    body = json.dumps(fields, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def verify(session: Session, key: bytes) -> tuple[int, str | None]:
    """Walk the whole chain; return the number of good events and the first fault in words, or ``None``."""
    previous, good = GENESIS, 0
    while batch := session.exec(select(Event).where(Event.seq > good).order_by(col(Event.seq)).limit(_BATCH)).all():
        for event in batch:
            fault = _fault(event, good + 1, previous, key)
            if fault is not None:
                return good, fault
            previous, good = event.hash, event.seq
        session.expunge_all()
    return good, None


def _fault(event: Event, expected: int, previous: str, key: bytes) -> str | None:
    if event.seq != expected:
        return f"Event {expected} is missing: the next one found is {event.seq}."
    if event.previous != previous:
        return f"Event {event.seq} does not follow the one before it: something was changed or put in."
    if not hmac.compare_digest(event.hash, seal(event, key)):
        return f"Event {event.seq} was changed after it was written, or the key is another one."
    return None


def head(session: Session) -> tuple[int, str]:
    """Return number and hash of the newest event (``(0, GENESIS)`` when there is none)."""
    last = session.exec(_LAST).first()
    return (last[0], last[1]) if last else (0, GENESIS)


_LAST = select(Event.seq, Event.hash).order_by(col(Event.seq).desc()).limit(1)
