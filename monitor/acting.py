"""What all use-cases of the desk share: who acts and when, and the checks and notes every step begins or ends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from monitor import events
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import Actor
from monitor.models import Step, Story
from monitor.store import people
from monitor.store import queue as store
from monitor.vocabulary import ANALYST, NO_EVIDENCE_NEEDED, TRIAGES, VERDICTS, may

NOBODY = "somebody else"
NO_LEASE = {"lease_person_id": None, "lease_until": None, "claimed_at": None, "hold_reason": ""}


@dataclass(frozen=True)
class SecondRule:
    """When a decision is read by a second person: ``harm`` is 0..10, ``share`` 0..1 (``second_reading.py``)."""

    on: bool = True
    harm: float = 3.0
    share: float = 0.05


@dataclass(frozen=True)
class Desk:
    """What every use-case needs: who acts, when, the audit key, the length of a lease, and when two must read."""

    actor: Actor
    now: datetime
    key: bytes
    lease: timedelta = timedelta(minutes=15)
    second: SecondRule = SecondRule()

    @property
    def person_id(self) -> int:
        if self.actor.person_id is None:
            raise NotAllowed("Only a member of staff can do this.")
        return self.actor.person_id


def checked_form(triage: str, verdict: str | None, evidence: Sequence[str]) -> list[str]:
    """Return the evidence links of a complete decision form; raise ``Invalid`` for an incomplete one."""
    if triage not in TRIAGES:
        raise Invalid(f"'{triage}' is not a triage word: choose one of {', '.join(TRIAGES)}.")
    if verdict is not None and verdict not in VERDICTS:
        raise Invalid(f"'{verdict}' is not a verdict: choose one of {', '.join(VERDICTS)}.")
    if verdict is not None and triage != "check":
        raise Invalid("A verdict goes with the triage 'check' only.")
    links = [link.strip() for link in evidence if link.strip()]
    for link in links:
        check_link(link)
    if verdict is not None and verdict not in NO_EVIDENCE_NEEDED and not links:
        raise Invalid("This verdict needs at least one link to evidence.")
    return links


def check_link(link: str) -> None:
    """Raise ``Invalid`` unless ``link`` is an http(s) address with a host and at most 2,048 characters."""
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(link) > 2048 or "\n" in link:
        raise Invalid(f"'{link[:80]}' is not a link: give an address that starts with http:// or https://.")


def remember(
    session: Session, desk: Desk, kind: str, story_id: int, row_id: int | None, before: dict[str, Any],
    batch: str | None = None,
) -> None:  # fmt: skip
    """Note how things stood, so that the person can take the step back."""
    session.add(
        Step(person_id=desk.person_id, at=desk.now, kind=kind, story_id=story_id, row_id=row_id, before=before,
             batch=batch)
    )  # fmt: skip


def require(desk: Desk, role: str) -> None:
    """Raise ``NotAllowed`` for a person below ``role``."""
    if not may(desk.actor.role, role):
        raise NotAllowed(f"This needs the role {role} or above.")


def get_story(session: Session, story_id: int) -> Story:
    """Return the story as the database has it now, or raise ``Invalid``."""
    story = session.get(Story, story_id, populate_existing=True)
    if story is None:
        raise Invalid("There is no such story.")
    return story


def holder(session: Session, story_id: int) -> str:
    """Return the pseudonym of the person who holds the story."""
    return store.holder(session, story_id) or NOBODY


def kept_for(session: Session, story: Story) -> str:
    """Return the pseudonym of the person the story is kept for."""
    ids = [story.assigned_id] if story.assigned_id is not None else []
    return people.aliases(session, ids).get(story.assigned_id or 0, NOBODY)


def held(session: Session, desk: Desk, story_id: int) -> Story:
    """Return a story the person holds now; ``Conflict`` when they do not (any more)."""
    require(desk, ANALYST)
    story = get_story(session, story_id)
    mine = story.lease_person_id == desk.person_id
    if not mine or story.lease_until is None or story.lease_until <= desk.now:
        raise Conflict("This story is not yours (any more): claim it first." if not mine else _RAN_OUT)
    return story


_RAN_OUT = "Your hold on this story ran out: claim it again, your entries are kept below."


def advance(session: Session, story_id: int, old: str, new: str, **values: Any) -> None:
    """Change the status if it is still ``old``; ``Conflict`` when it is not."""
    if not store.advance(session, story_id, old, new, **values):
        raise Conflict("Somebody else was quicker: look at the story again.")


def log_event(session: Session, desk: Desk, action: str, story_id: int, details: dict[str, Any] | None = None) -> None:
    """Append an event about a story to the audit log."""
    events.record(session, desk.key, desk.now, desk.actor, action, f"story:{story_id}", details=details)
