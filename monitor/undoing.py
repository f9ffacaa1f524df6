"""Taking steps back: decisions, readings, matches, responses, merges and splits, newest first, with an event each."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from monitor import second_reading
from monitor.desk import Desk, advance, get_story, holder, log_event, require
from monitor.errors import Conflict, Invalid
from monitor.models import Decision, Step, StoryMatch
from monitor.regrouping import undo_merge, undo_split
from monitor.responding import withdraw
from monitor.store import queue as store
from monitor.vocabulary import ANALYST, IN_REVIEW

UNDO_STEPS = 20


def stored_time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def undo(session: Session, desk: Desk) -> Step:
    """Take back the person's newest step that was not taken back yet (at most the last 20)."""
    require(desk, ANALYST)
    step = store.last_step(session, desk.person_id, UNDO_STEPS)
    if step is None:
        raise Invalid("There is nothing left to undo.")
    _UNDO[step.kind](session, desk, step)
    step.undone_at = desk.now
    session.add(step)
    log_event(session, desk, f"{step.kind}.undone", step.story_id, {"step": step.id, "row": step.row_id})
    return step


def _undo_decision(session: Session, desk: Desk, step: Step) -> None:
    decision = session.get(Decision, step.row_id)
    story = get_story(session, step.story_id)
    if decision is None or store.newest_decision_id(session, step.story_id) != decision.id:
        raise Conflict("Somebody decided this story after you: it can no longer be undone.")
    if story.lease_person_id not in (None, desk.person_id) and story.lease_until and story.lease_until > desk.now:
        raise Conflict(f"This story is held by {holder(session, step.story_id)}: it can not be undone now.")
    second_reading.withdraw_undone(session, desk, decision)
    decision.undone_at = desk.now
    session.add(decision)
    values = {**step.before, "decided_at": stored_time(step.before["decided_at"]), "closed_at": None}
    lease = {"lease_person_id": desk.person_id, "lease_until": desk.now + desk.lease, "claimed_at": desk.now}
    advance(session, step.story_id, story.status, IN_REVIEW, **{**values, **lease})


def _undo_match(session: Session, desk: Desk, step: Step) -> None:
    match = session.get(StoryMatch, step.row_id)
    if match is None:
        raise Conflict("This match no longer exists.")
    match.state, match.person_id = step.before["state"], step.before["person_id"]
    session.add(match)


def _undo_response(session: Session, desk: Desk, step: Step) -> None:
    withdraw(session, desk, step)


_UNDO = {
    "decision": _undo_decision,
    "match": _undo_match,
    "response": _undo_response,
    "merge": undo_merge,
    "split": undo_split,
    "reading": second_reading.undo,
}
