"""What people do to a story: claim it, let go, take over, decide, judge a match.

Every function takes the session first, changes nothing before its checks passed, records an event in the same
transaction and never commits. Status changes are compare-and-set: when somebody else was first, ``Conflict`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from monitor.acting import (
    NO_LEASE,
    NOBODY,
    advance,
    checked_form,
    get_story,
    held,
    holder,
    kept_for,
    log_event,
    remember,
    require,
)
from monitor.acting import Desk as Desk  # others take it from here
from monitor.desk import second_reading
from monitor.errors import Conflict, Invalid
from monitor.grouping import claims
from monitor.models import Decision, Story, StoryMatch
from monitor.ranking import fable
from monitor.sending import announcing
from monitor.store import posts as post_store
from monitor.store import queue as store
from monitor.store.settings import weights_version
from monitor.vocabulary import ANALYST, CLOSED, DECIDED, IN_REVIEW, QUEUED, TRIAGES


def claim(session: Session, desk: Desk, story_id: int) -> Story:
    """Give the story to the person until the lease ends; a free story or one's own (then renewed) only."""
    require(desk, ANALYST)
    second_reading.keep_fresh(session, desk, story_id)
    story = get_story(session, story_id)
    if story.assigned_id not in (None, desk.person_id):
        raise Conflict(f"This story is kept for {kept_for(session, story)}: take it over with a reason.")
    until = desk.now + desk.lease
    if story.lease_person_id == desk.person_id and story.hold_reason and story.lease_until:
        until = max(until, story.lease_until)  # working on a story never makes a longer hold shorter
    if not store.take_lease(session, story_id, desk.person_id, desk.now, until, take_over=False):
        raise Conflict(f"This story is held by {holder(session, story_id)}.")
    if story.lease_person_id != desk.person_id:
        store.first_opened(session, story_id, desk.now)
        log_event(session, desk, "story.claimed", story_id)
    return get_story(session, story_id)


def release(session: Session, desk: Desk, story_id: int) -> Story:
    """Let go of one's own story: it returns to the queue (or to where it was when already decided)."""
    story = held(session, desk, story_id)
    back = story.lease_from or (DECIDED if story.verdict else QUEUED)
    advance(session, story_id, IN_REVIEW, back, **NO_LEASE)
    log_event(session, desk, "story.released", story_id)
    return get_story(session, story_id)


def take_over(session: Session, desk: Desk, story_id: int, reason: str) -> Story:
    """Take a story somebody else holds, with a reason that stands in the history."""
    require(desk, ANALYST)
    if not reason.strip():
        raise Invalid("Say in a few words why you take this story over.")
    second_reading.keep_fresh(session, desk, story_id)
    before = holder(session, story_id)
    until = desk.now + desk.lease
    if not store.take_lease(session, story_id, desk.person_id, desk.now, until, take_over=True):
        raise Conflict("This story can not be taken over: it was closed or changed meanwhile.")
    story = get_story(session, story_id)
    before = before if before != NOBODY else kept_for(session, story)
    story.assigned_id, story.hold_reason = None, ""
    session.add(story)
    log_event(session, desk, "story.taken_over", story_id, {"from": before, "reason": reason.strip()[:500]})
    return get_story(session, story_id)


def open_page(session: Session, desk: Desk, story_id: int) -> None:
    """Record that somebody read a story (access is part of the audit log)."""
    store.first_opened(session, story_id, desk.now)
    log_event(session, desk, "story.read", story_id)


def decide(
    session: Session,
    desk: Desk,
    story_id: int,
    *,
    triage: str,
    version: int,
    verdict: str | None = None,
    evidence: Sequence[str] = (),
    note: str = "",
    tags: Sequence[str] = (),
    harm: Mapping[str, object] | None = None,
    batch: str | None = None,
) -> Decision:
    """Record what the person says of the story; ``version`` is the one they had on screen.

    ``harm`` are their answers about harm (``ranking/fable.py``); they rank the story from now on. Those given with a
    triage that closes the story are not kept: nobody asks how harmful something is that is no claim. ``batch`` ties
    the steps of a joint decision together.

    A verdict other than satire needs at least one http(s) evidence link, escalating a note that says why. Raises
    ``Conflict`` when the story is not theirs any more or changed since, ``Invalid`` when the form is incomplete.
    """
    links = checked_form(triage, verdict, evidence)
    if triage == "escalate" and not note.strip():
        raise Invalid("Say in the note why a supervisor should look at it.")
    after = DECIDED if verdict else TRIAGES[triage]
    answers = fable.checked(harm or {}) if after != CLOSED else {}
    story = held(session, desk, story_id)
    if story.version != version:
        raise Conflict("This story changed while you were reading: look at it again, your entries are kept below.")
    decision = _decision(session, desk, story, triage, verdict, links, note, tags, answers)
    before = _standing(story)
    keeps = after == IN_REVIEW
    advance(
        session,
        story_id,
        IN_REVIEW,
        after,
        verdict=verdict or story.verdict,
        last_triage=triage,
        escalated=triage == "escalate",
        harm=answers or story.harm,
        decided_at=desk.now if verdict else story.decided_at,
        closed_at=desk.now if after == CLOSED else None,
        hold_reason="",
        assigned_id=story.assigned_id if keeps else None,
        lease_person_id=desk.person_id if keeps else None,
        lease_until=desk.now + desk.lease if keeps else None,
    )
    remember(session, desk, "decision", story_id, decision.id, before, batch)
    details = {"decision": decision.id, "triage": triage, "verdict": verdict, "evidence": list(links)}
    log_event(session, desk, "story.decided", story_id, details)
    second_reading.ask(session, desk, story, decision)
    announcing.story_decided(session, decision)
    return decision


def _decision(
    session: Session, desk: Desk, story: Story, triage: str, verdict: str | None, evidence: list[str], note: str,
    tags: Sequence[str], answers: dict[str, int | None],
) -> Decision:  # fmt: skip
    assert story.id is not None
    decision = Decision(
        story_id=story.id,
        person_id=desk.person_id,
        at=desk.now,
        triage=triage,
        verdict=verdict,
        evidence=evidence,
        note=note.strip()[:10_000],
        tags=[tag.strip()[:60] for tag in tags if tag.strip()][:20],
        priority=story.priority,
        weights_version=weights_version(session),
        harm=answers,
        harm_proposed={name: made.answer for name, made in fable.propose(harm_facts(story)).items()},
        scores=dict(story.scores),
        model=post_store.newest_model(session, story.id),
        digests=post_store.digests(session, story.id),
        seconds=(desk.now - story.claimed_at).total_seconds() if story.claimed_at else None,
    )
    session.add(decision)
    session.flush()
    return decision


def harm_facts(story: Story) -> fable.Facts:
    """Return what proposals about the story's harm are made from."""
    return fable.Facts(
        story.scores, frozenset(story.flags), story.post_count, story.author_count,
        story.denying_count + story.asking_count, story.reach or 0, story.growth,
    )  # fmt: skip


def judge_match(session: Session, desk: Desk, match_id: int, *, right: bool) -> StoryMatch:
    """Say whether a suggested fact-check answers the story; kept as training data and in the history."""
    require(desk, ANALYST)
    match = session.get(StoryMatch, match_id)
    if match is None:
        raise Invalid("There is no such match.")
    before = {"state": match.state, "person_id": match.person_id}
    match.state = "confirmed" if right else "rejected"
    match.person_id, match.at = desk.person_id, desk.now
    session.add(match)
    claims.hold_again(session, match.story_id)
    remember(session, desk, "match", match.story_id, match.id, before)
    details = {"match": match.id, "fact_check": match.fact_check_id, "score": match.score}
    log_event(session, desk, f"match.{match.state}", match.story_id, details)
    return match


def _standing(story: Story) -> dict[str, Any]:
    decided = story.decided_at.isoformat() if story.decided_at else None
    return {
        "verdict": story.verdict,
        "last_triage": story.last_triage,
        "escalated": story.escalated,
        "decided_at": decided,
        "harm": story.harm,
    }
