"""Taking steps back: decisions, readings, matches, responses, merges and splits, newest first, with an event each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from monitor.acting import NO_LEASE, Desk, advance, get_story, holder, log_event, require
from monitor.desk import second_reading
from monitor.desk.regrouping import undo_merge, undo_split
from monitor.desk.responding import withdraw
from monitor.errors import Conflict, Invalid
from monitor.grouping import claims
from monitor.models import Decision, Step, StoryMatch
from monitor.store import queue as store
from monitor.vocabulary import ANALYST, IN_REVIEW, QUEUED

UNDO_STEPS = 20


def stored_time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


@dataclass(frozen=True)
class Undone:
    """What was taken back: the newest step of a joint decision, how many came back, how many could not."""

    step: Step
    done: int
    left: int = 0


def undo(session: Session, desk: Desk) -> Step:
    """Take back the person's newest step that was not taken back yet (at most the last 20)."""
    return take_back(session, desk).step


def take_back(session: Session, desk: Desk, step_id: int | None = None) -> Undone:
    """Take back the newest step, or the one with this id; a joint decision comes back as a whole.

    Of a joint decision, stories that somebody worked on since stay as they are and are counted in ``left``.
    """
    require(desk, ANALYST)
    steps = _chosen(store.last_steps(session, desk.person_id, UNDO_STEPS), step_id)
    if not steps:
        raise Invalid("There is nothing left to undo.")
    if len(steps) == 1:
        _one(session, desk, steps[0])
        return Undone(steps[0], 1)
    done = sum(_one_of_many(session, desk, step) for step in steps)
    if not done:
        raise Conflict("Others worked on all of these stories since: they can no longer be undone.")
    return Undone(steps[0], done, len(steps) - done)


def _chosen(groups: Sequence[Sequence[Step]], step_id: int | None) -> list[Step]:
    for group in groups:
        standing = [step for step in group if step.undone_at is None]
        # What was left of a joint decision that came back already must not stand in the way of older steps.
        wanted = step_id in [step.id for step in group] if step_id is not None else len(standing) == len(group)
        if standing and wanted:
            return standing
    return []


def _one(session: Session, desk: Desk, step: Step) -> None:
    _UNDO[step.kind](session, desk, step)
    step.undone_at = desk.now
    session.add(step)
    log_event(session, desk, f"{step.kind}.undone", step.story_id, {"step": step.id, "row": step.row_id})


def _one_of_many(session: Session, desk: Desk, step: Step) -> bool:
    """Take one of many back and leave the story where it was, held by nobody."""
    try:
        _one(session, desk, step)
    except Conflict:
        return False
    story = get_story(session, step.story_id)
    if story.status == IN_REVIEW and story.lease_person_id == desk.person_id:
        advance(session, step.story_id, IN_REVIEW, story.lease_from or QUEUED, **NO_LEASE)
    return True


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
    claims.hold_again(session, match.story_id)


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
