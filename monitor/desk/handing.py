"""Keeping a story longer than a lease, and handing it to somebody else. Both carry a reason that everybody sees."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from monitor.acting import NO_LEASE, Desk, advance, get_story, held, holder, log_event, require
from monitor.desk import second_reading
from monitor.errors import Conflict, Invalid
from monitor.models import Person, Story
from monitor.vocabulary import ANALYST, DECIDED, IN_REVIEW, QUEUED, may

LONGEST_HOLD = timedelta(hours=72)


def hold(session: Session, desk: Desk, story_id: int, hours: float, reason: str) -> Story:
    """Keep one's own story for some hours more (at most 72), with the reason others read beside it."""
    story = held(session, desk, story_id)
    num = LONGEST_HOLD.total_seconds() / 3600
    if not 0 < hours <= num:
        raise Invalid(f"A story can be kept for at most {num:.0f} hours.")
    story.hold_reason = _reason(reason)
    story.lease_until = desk.now + timedelta(hours=hours)
    session.add(story)
    log_event(session, desk, "story.kept", story_id, {"hours": hours, "reason": story.hold_reason})
    return story


def assign(session: Session, desk: Desk, story_id: int, person_id: int | None, reason: str) -> Story:
    """Keep the story for a person (``None``: for nobody). One's own hold ends; others take it over by reason only.

    ``Conflict`` when somebody else works on it, or when it waits for a second reading that one may give oneself.
    """
    require(desk, ANALYST)
    why = _reason(reason)
    second_reading.keep_fresh(session, desk, story_id)
    story = get_story(session, story_id)
    working = story.lease_until is not None and story.lease_until > desk.now
    if working and story.lease_person_id not in (None, desk.person_id):
        raise Conflict(f"This story is held by {holder(session, story_id)}.")
    person = session.get(Person, person_id) if person_id is not None else None
    if person_id is not None and (person is None or not person.active or not may(person.role, ANALYST)):
        raise Invalid("Choose somebody who can decide stories.")
    if story.lease_person_id == desk.person_id and story.status == IN_REVIEW:
        back = story.lease_from or (DECIDED if story.verdict else QUEUED)
        advance(session, story_id, IN_REVIEW, back, **NO_LEASE)
        story = get_story(session, story_id)
    story.assigned_id = person_id
    session.add(story)
    log_event(session, desk, "story.assigned", story_id, {"to": person.alias if person else None, "reason": why})
    return story


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say in a few words why.")
    return reason.strip()[:300]
