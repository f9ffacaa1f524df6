"""What is to be sent, kept in the database until it is: put in the transaction that decides it, sent afterwards.

A crash at any moment loses nothing. Between the receiver's "accepted" and our commit it can double one message; the
second has the same Message-ID (or webhook id), by which receivers recognise it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session

from monitor.models import Outbox
from monitor.store import outbox as store
from monitor.text import clean

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
KEEP_TRYING = timedelta(days=7)
MAX_TRIES = 60
"""Tries after which even a message that never came to an answer (it killed the process) is given up."""


def put(
    session: Session, now: datetime, *, key: str, kind: Literal["mail", "webhook"], to: str, payload: Mapping[str, Any]
) -> bool:
    """Put one message in unless ``key`` was ever used; return whether it was put in.

    A mail's payload is {"subject","text","html"?,"lang"?,"attachments"?: [{"name","media","base64","cid"?}]}.
    """
    row = Outbox(key=key, kind=kind, to=to, payload=_storable(dict(payload)), created_at=now, next_try_at=now)
    return store.insert(session, row)


def _storable(value: Any) -> Any:
    """Return ``value`` with every text fit for any database: a hostile title must not sink what it stands in."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _storable(inner) for key, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list | tuple) else value


def wait_after(tries: int) -> timedelta:
    """Return how long to wait after try number ``tries``: 5 minutes, doubled each time, 6 hours at most."""
    return min(FIRST_WAIT * (1 << min(tries - 1, 10)), LONGEST_WAIT)


def name_of(key: bytes, row_key: str) -> str:
    """Return what a message is called each time it is sent; it tells nothing about the message."""
    return hmac.new(key, b"outbox:" + row_key.encode(), hashlib.sha256).hexdigest()[:32]


def message_id(key: bytes, row_key: str, sender: str) -> str:
    """Return the Message-ID of a mail: the same at every try."""
    return f"<{name_of(key, row_key)}@{sender.rpartition('@')[2]}>"


def claim(session: Session, now: datetime, kind: str, passed: set[str]) -> Outbox | None:
    """Take the oldest due message, not for a receiver in ``passed``; its next try is moved on first.

    Two senders can not take the same one: on SQLite writers are alone, on PostgreSQL the row is locked and skipped.
    """
    row = store.due(session, now, kind, passed)
    while row is not None and row.tries >= MAX_TRIES:
        close(session, row, now, "given_up", f"No answer in {MAX_TRIES} tries.")
        row = store.due(session, now, kind, passed)
    if row is not None:
        row.tries += 1
        row.next_try_at = now + wait_after(row.tries)
        session.add(row)
        session.flush()
    return row


def close(session: Session, row: Outbox, now: datetime, state: str, error: str | None = None) -> None:
    """End a message as ``sent`` or ``given_up``: its content goes, its key stays."""
    row.state, row.done_at, row.error, row.payload = state, now, error, {}
    session.add(row)
    session.flush()


def gives_up(row: Outbox, now: datetime, permanent: bool) -> bool:
    """Whether a message that failed now is not tried again."""
    return permanent or (now + wait_after(row.tries) - row.created_at > KEEP_TRYING and row.tries > 3)
