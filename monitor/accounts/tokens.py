"""Keys for programs: each acts for one person, within scopes, until it expires or is revoked. Only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.errors import Invalid, NotAllowed
from monitor.models import ApiToken, Person
from monitor.store import tokens as store
from monitor.vocabulary import ADMIN, ANALYST, SUPERVISOR, VIEWER, may

SCOPES = MappingProxyType({"read": VIEWER, "review": ANALYST, "publish": ANALYST, "admin": SUPERVISOR})
"""Scope -> the least role that may hold it. A scope never gives more than the person may do."""

MAX_DAYS = 366
MAX_TOKENS = 20
_PREFIX = "cw_"


def make(session: Session, desk: Desk, *, name: str, scopes: Sequence[str], days: int) -> tuple[ApiToken, str]:
    """Make a key for the person who asks; return its row and the key itself, which is shown this once."""
    name = name.strip()[:100]
    if not name:
        raise Invalid("A key needs a name.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Invalid(f"Choose what the key may do: {', '.join(SCOPES)}.")
    for scope in scopes:
        require(desk, SCOPES[scope])
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A key is good for 1 to {MAX_DAYS} days.")
    if store.live_count(session, desk.person_id, desk.now) >= MAX_TOKENS:
        raise Invalid(f"One person can have {MAX_TOKENS} keys: revoke one first.")
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        person_id=desk.person_id, name=name, token_hash=_hash(secret), scopes=sorted(set(scopes)), created_at=desk.now,
        expires_at=desk.now + timedelta(days=days),
    )  # fmt: skip
    session.add(token)
    session.flush()
    details = {"scopes": token.scopes, "days": days}
    events.record(session, desk.key, desk.now, desk.actor, "token.made", f"token:{token.id}", details=details)
    return token, secret


def revoke(session: Session, desk: Desk, token_id: int) -> ApiToken:
    """End a key at once: one's own, or anybody's for an administrator."""
    token = session.get(ApiToken, token_id)
    if token is None:
        raise Invalid("There is no such key.")
    if token.person_id != desk.person_id and not may(desk.actor.role, ADMIN):
        raise NotAllowed("This needs the role admin or above.")
    if token.revoked_at is None:
        token.revoked_at = desk.now
        session.add(token)
        events.record(session, desk.key, desk.now, desk.actor, "token.revoked", f"token:{token.id}")
    return token


def who(session: Session, secret: str, now: datetime) -> tuple[Person, ApiToken] | None:
    """Return the person a key acts for, or ``None`` for one that is unknown, over, revoked or of a closed account."""
    token = store.by_hash(session, _hash(secret)) if secret.startswith(_PREFIX) else None
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    person = session.get(Person, token.person_id)
    return (person, token) if person is not None and person.active and not person.must_change else None


def record_call(
    session: Session, key: bytes, now: datetime, actor: events.Actor, token_id: int, method: str, path: str, status: int
) -> None:
    """Put one call into the log, with the key it came by."""
    token = session.get(ApiToken, token_id)
    if token is not None:
        token.used_at = now
        session.add(token)
    outcome = "ok" if status < 400 else "refused"
    details = {"method": method, "path": path[:300], "status": status}
    events.record(session, key, now, actor, "api.call", f"token:{token_id}", outcome, details)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
