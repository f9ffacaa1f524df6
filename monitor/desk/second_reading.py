"""A second person reads some decisions without seeing them: who is asked, what is hidden, and which word stands.

Asked for are accusing verdicts (false, misleading, altered) on stories whose harm (0 to 10, ``ranking/fable.py``: the
decider's answers, else the proposed ones) is at least ``second_harm``, and, by a lot drawn from the story's number,
``second_share`` of all other verdicts and closings.

The rule. The first decision stands while a second reader is waited for, and when they agree (same triage and same
verdict). When they differ, a third person reads, as unknowing as the second. Two of three are the desk's word: if the
third says what the first said, the decision stands; if they say what the second said, that becomes the decision. If
all three differ, no word stands: the story goes back into the queue, without a verdict, for a supervisor.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.acting import Desk, advance, checked_form, get_story, log_event, remember, require
from monitor.errors import Conflict, Invalid
from monitor.models import Decision, Reading, Step, Story
from monitor.ranking import fable
from monitor.store import posts as post_store
from monitor.store import readings as store
from monitor.store.settings import weights_version
from monitor.vocabulary import ACCUSING, ANALYST, CLOSED, DECIDED, QUEUED, TRIAGES, may

Word = tuple[str | None, str | None]
"""(triage, verdict): what one reader said."""


def ask(session: Session, desk: Desk, story: Story, decision: Decision) -> Reading | None:
    """Ask for a second reading of a new decision if the rule says so; what waited for an older one is withdrawn."""
    store.withdraw(session, store.decisions_of_story(session, decision.story_id), desk.now)
    reason = _reason(desk, story, decision)
    if reason is None:
        return None
    return _ask(session, desk, decision, 2, reason)


def _ask(session: Session, desk: Desk, decision: Decision, number: int, reason: str) -> Reading:
    assert decision.id is not None
    reading = Reading(
        story_id=decision.story_id, decision_id=decision.id, number=number, reason=reason, asked_at=desk.now
    )
    session.add(reading)
    session.flush()
    log_event(session, desk, "reading.asked", decision.story_id, {"reading": reading.id, "number": number})
    return reading


def _reason(desk: Desk, story: Story, decision: Decision) -> str | None:
    is_final = decision.verdict is not None or TRIAGES[decision.triage] == CLOSED
    if not desk.second.on or not is_final:
        return None
    answers = {**decision.harm_proposed, **story.harm, **decision.harm}
    if decision.verdict in ACCUSING and fable.harm(answers) >= desk.second.harm:
        return "accuses"
    return "random" if lot(desk.key, decision.story_id) < desk.second.share else None


def lot(key: bytes, story_id: int) -> float:
    """Return a number in [0, 1) that is the story's for ever and that nobody without the key can foresee."""
    digest = hmac.new(key, f"second reading:{story_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:7]) / 2**56


def hidden(session: Session, desk: Desk, story_ids: Collection[int]) -> set[int]:
    """Return those of the stories whose decision, scores and history must not be shown to this person yet."""
    return store.hidden(session, desk.person_id, story_ids) if may(desk.actor.role, ANALYST) else set()


def waiting(session: Session, desk: Desk) -> set[int]:
    """Return every story that this person may have to read without knowing its decision."""
    reads = desk.actor.person_id is not None and may(desk.actor.role, ANALYST)
    return store.waiting_for(session, desk.person_id) if reads else set()


def keep_fresh(session: Session, desk: Desk, story_id: int) -> None:
    """Refuse an ordinary decision by somebody who may still be the second reader."""
    if hidden(session, desk, [story_id]):
        raise Conflict("This story waits for a second reading: give it, or look at everything first.")


def waive(session: Session, desk: Desk, story_id: int) -> None:
    """Look at everything now, and so be no second reader of this decision any more."""
    require(desk, ANALYST)
    reading = store.open_of(session, story_id)
    if reading is None:
        return
    reading.waived = [*reading.waived, desk.person_id]
    if reading.person_id == desk.person_id:
        reading.person_id = reading.until = None
    session.add(reading)
    session.flush()
    log_event(session, desk, "reading.waived", story_id, {"reading": reading.id})


def take(session: Session, desk: Desk, reading_id: int) -> Reading:
    """Take a reading for the length of a lease, or renew one's own."""
    require(desk, ANALYST)
    reading = _given(session, reading_id)
    if not hidden(session, desk, [reading.story_id]):
        raise Conflict("You know this decision already: somebody else has to read it fresh.")
    if not store.take(session, reading_id, desk.person_id, desk.now, desk.now + desk.lease):
        raise Conflict("Somebody else is reading this just now.")
    return _given(session, reading_id)


def release(session: Session, desk: Desk, reading_id: int) -> None:
    """Let somebody else read it."""
    reading = _given(session, reading_id)
    if reading.person_id == desk.person_id and reading.done_at is None:
        reading.person_id = reading.until = None
        session.add(reading)


def give(
    session: Session, desk: Desk, reading_id: int, *, triage: str, verdict: str | None = None,
    evidence: Sequence[str] = (), note: str = "",
) -> Reading:  # fmt: skip
    """Record the reader's own word; a reading nobody has is taken in the same step. Undoable until a third spoke."""
    links = checked_form(triage, verdict, evidence)
    reading = take(session, desk, reading_id)
    decision = session.get_one(Decision, reading.decision_id)
    reading.triage, reading.verdict, reading.evidence = triage, verdict, links
    reading.note, reading.done_at, reading.until = note.strip()[:10_000], desk.now, None
    reading.agrees = _word(reading) == _word(decision)
    session.add(reading)
    session.flush()
    remember(session, desk, "reading", reading.story_id, reading.id, {})
    details = {"reading": reading.id, "triage": triage, "verdict": verdict, "agrees": reading.agrees}
    log_event(session, desk, "reading.given", reading.story_id, details)
    if not reading.agrees:
        _settle(session, desk, decision, reading)
    return reading


def _settle(session: Session, desk: Desk, decision: Decision, reading: Reading) -> None:
    """Act on a word that is not the first one's."""
    if reading.number == 2:
        _ask(session, desk, decision, 3, "disagree")
        return
    second = store.of_decision(session, reading.decision_id)[0]
    story = get_story(session, reading.story_id)
    if story.lease_person_id is not None and story.lease_until and story.lease_until > desk.now:
        raise Conflict("Somebody is working on this story just now: send your reading again a little later.")
    if _word(second) == _word(reading):
        _overturn(session, desk, story, reading)
    else:
        advance(session, reading.story_id, story.status, QUEUED, verdict=None, escalated=True, decided_at=None,
                closed_at=None, queued_at=desk.now)  # fmt: skip
        log_event(session, desk, "reading.split", reading.story_id, {"decision": decision.id})


def _overturn(session: Session, desk: Desk, story: Story, reading: Reading) -> None:
    """Make the word of the second and third reader the decision."""
    assert reading.triage is not None
    after = DECIDED if reading.verdict else TRIAGES[reading.triage]
    made = Decision(
        harm=story.harm, weights_version=weights_version(session),
        story_id=reading.story_id, person_id=desk.person_id, at=desk.now, triage=reading.triage,
        verdict=reading.verdict, evidence=reading.evidence, note=reading.note, priority=story.priority,
        scores=dict(story.scores), model=post_store.newest_model(session, reading.story_id),
        digests=post_store.digests(session, reading.story_id),
    )  # fmt: skip
    session.add(made)
    session.flush()
    advance(session, reading.story_id, story.status, after, verdict=reading.verdict, last_triage=reading.triage,
            decided_at=desk.now if reading.verdict else None,
            closed_at=desk.now if after == CLOSED else None)  # fmt: skip
    details = {"decision": made.id, "instead_of": reading.decision_id, "triage": made.triage, "verdict": made.verdict}
    log_event(session, desk, "reading.overturned", reading.story_id, details)


def undo(session: Session, desk: Desk, step: Step) -> None:
    """Take back one's reading while nobody else spoke after it."""
    reading = store.get(session, step.row_id or 0)
    if reading is None or reading.done_at is None or reading.withdrawn_at is not None:
        raise Conflict("This reading is gone already.")
    later = [other for other in store.of_decision(session, reading.decision_id) if other.number > reading.number]
    if any(other.done_at for other in later) or (reading.number == 3 and not reading.agrees):
        raise Conflict("A third reader settled this already: it can no longer be undone.")
    for other in later:
        other.withdrawn_at = desk.now
        session.add(other)
    reading.triage = reading.verdict = reading.agrees = reading.done_at = None
    reading.evidence, reading.note, reading.until = [], "", desk.now + desk.lease
    session.add(reading)


def withdraw_undone(session: Session, desk: Desk, decision: Decision) -> None:
    """Withdraw the open reading of a decision that is taken back; refuse when somebody read it already."""
    assert decision.id is not None
    if any(r.done_at for r in store.of_decision(session, decision.id)):
        raise Conflict("A second person read this decision already: decide anew instead.")
    store.withdraw(session, [decision.id], desk.now)


@dataclass(frozen=True)
class Rated:
    """One decision that was read again, for measuring agreement: ``words`` in the order they were given.

    A word is the verdict, or the triage where none was given. ``settled`` is what stands: ``first``, ``second`` or
    ``nobody``; empty while a third reader is waited for.
    """

    story_id: int
    decision_id: int
    reason: str
    langs: tuple[str, ...]
    words: tuple[str, ...]
    settled: str
    decided_at: datetime
    done_at: datetime


def rated(session: Session, since: datetime, until: datetime) -> list[Rated]:
    """Return the decisions whose second or third reading was given in [since, until), each with all its words."""
    latest = {decision.id: (decision, story, reading) for reading, decision, story in
              store.done_between(session, since, until)}  # fmt: skip
    found = []
    for decision_id, (decision, story, last) in latest.items():
        assert decision_id is not None
        given = [r for r in store.of_decision(session, decision_id) if r.done_at and r.done_at < until]
        words = tuple(verdict or triage or "" for triage, verdict in map(_word, [decision, *given]))
        assert last.done_at is not None
        found.append(
            Rated(decision.story_id, decision_id, given[0].reason, tuple(story.langs), words, _settled(words),
                  decision.at, last.done_at)
        )  # fmt: skip
    return found


def _settled(words: Sequence[str]) -> str:
    if words[0] in words[1:]:
        return "first"
    if len(words) < 3:
        return ""
    return "second" if words[1] == words[2] else "nobody"


def _given(session: Session, reading_id: int) -> Reading:
    reading = store.get(session, reading_id)
    if reading is None:
        raise Invalid("There is no such reading.")
    if reading.withdrawn_at is not None or reading.done_at is not None:
        raise Conflict("This reading is no longer asked for.")
    return reading


def _word(row: Any) -> Word:
    return row.triage, row.verdict
