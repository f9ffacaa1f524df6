"""Asking somebody outside: a signed link shows one story, takes one answer with its sources, and ends.

The link needs no account. It carries the number of the question, the moment it ends and a seal made with the
installation's key; whoever has it can read the texts of that one story (never who wrote them) and answer once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, check_link, get_story, log_event, require
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import Actor
from monitor.models import ExpertAsk
from monitor.store import experts as store
from monitor.vocabulary import ANALYST, VIEWER

EXPERT = Actor("outside expert", VIEWER)
MOST_DAYS = 30
MOST_WORDS = 10_000


def ask(session: Session, desk: Desk, story_id: int, *, name: str, question: str, lang: str, days: int) -> ExpertAsk:
    """Keep a question to ``name`` (a person or an office); the link is ``token`` of the row returned."""
    require(desk, ANALYST)
    get_story(session, story_id)
    if not name.strip() or not question.strip():
        raise Invalid("Say whom you ask, and what.")
    num = MOST_DAYS
    if not 1 <= days <= num:
        raise Invalid(f"A link can last from 1 to {num} days.")
    row = ExpertAsk(
        story_id=story_id, person_id=desk.person_id, asked_at=desk.now,
        expires_at=(desk.now + timedelta(days=days)).replace(microsecond=0), name=name.strip()[:200], lang=lang[:20],
        question=question.strip()[:MOST_WORDS],
    )  # fmt: skip
    session.add(row)
    session.flush()
    log_event(session, desk, "expert.asked", story_id, {"ask": row.id, "days": days})
    return row


def withdraw(session: Session, desk: Desk, ask_id: int) -> ExpertAsk:
    """End a link before its time."""
    require(desk, ANALYST)
    row = store.get(session, ask_id)
    if row is None:
        raise Invalid("There is no such question.")
    if row.answered_at is not None:
        raise Conflict("This question was answered already.")
    row.withdrawn_at = desk.now
    session.add(row)
    log_event(session, desk, "expert.withdrawn", row.story_id, {"ask": ask_id})
    return row


def token(key: bytes, row: ExpertAsk) -> str:
    """Return the last part of the link: number, end and seal."""
    end = int(row.expires_at.astimezone(UTC).timestamp())
    return f"{row.id}-{end}-{_seal(key, row.id or 0, end)}"


def _seal(key: bytes, number: int, end: int) -> str:
    return hmac.new(key, f"expert:{number}:{end}".encode(), hashlib.sha256).hexdigest()[:40]


def opened(session: Session, key: bytes, now: datetime, link: str) -> ExpertAsk:
    """Return the question behind a link; ``NotAllowed`` when the link is wrong, over, withdrawn or answered."""
    number, _, rest = link.partition("-")
    end, _, seal = rest.partition("-")
    plain = link.isascii() and number.isdecimal() and end.isdecimal() and len(link) < 100
    if not plain or not hmac.compare_digest(seal, _seal(key, int(number), int(end))):
        raise NotAllowed("This link is not right: ask for a new one.")
    row = store.get(session, int(number))
    if row is None or row.withdrawn_at is not None or row.answered_at is not None or row.expires_at <= now:
        raise NotAllowed("This link has ended: it was answered, taken back or is too old.")
    return row


def answer(
    session: Session, key: bytes, now: datetime, link: str, *, text: str, sources: Sequence[str]
) -> ExpertAsk:  # fmt: skip
    """Keep the one answer of a link, with at least one source; it stands in the history of the story."""
    row = opened(session, key, now, link)
    if not text.strip():
        raise Invalid("Write an answer first.")
    links = [one.strip() for one in sources if one.strip()][:20]
    for one in links:
        check_link(one)
    if not links:
        raise Invalid("Name at least one source, as a link.")
    row.answer, row.links, row.answered_at = text.strip()[:MOST_WORDS], links, now
    session.add(row)
    details = {"ask": row.id, "sources": links}
    events.record(session, key, now, EXPERT, "expert.answered", f"story:{row.story_id}", details=details)
    return row
