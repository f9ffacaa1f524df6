"""Two people at one desk: holds, decisions, responses, undo, and what the log says of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from monitor import events
from monitor.accounts import people
from monitor.context import Context
from monitor.desk import responding, reviewing, undoing
from monitor.desk.reviewing import Desk
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import SYSTEM
from monitor.models import Decision, Event, FactCheck, Response, Story, StoryMatch
from monitor.store import queue
from tests.conftest import KEY, NOW, Clock

EVIDENCE = ["https://water.example/report"]


@pytest.fixture
def story_id(context: Context) -> int:
    with context.writing() as session:
        story = Story(title="The water is bad", status="queued", first_seen_at=NOW, last_seen_at=NOW, created_at=NOW,
                      queued_at=NOW, priority=50)  # fmt: skip
        session.add(story)
        session.flush()
        assert story.id is not None
        return story.id


@pytest.fixture
def ann(context: Context) -> Desk:
    return _person(context, "ann", "analyst")


@pytest.fixture
def bob(context: Context) -> Desk:
    return _person(context, "bob", "analyst")


def _person(context: Context, login: str, role: str) -> Desk:
    with context.writing() as session:
        person, _ = people.add(session, KEY, NOW, SYSTEM, login=login, role=role)
    return context.desk(people.actor(person))


def _now(context: Context, desk: Desk) -> Desk:
    return context.desk(desk.actor)


def _claim(context: Context, desk: Desk, story_id: int) -> Story:
    with context.writing() as session:
        return reviewing.claim(session, _now(context, desk), story_id)


def _decide(context: Context, desk: Desk, story: Story, verdict: str | None = "false", triage: str = "check",
            evidence: Sequence[str] = EVIDENCE) -> Decision:  # fmt: skip
    with context.writing() as session:
        return reviewing.decide(
            session, _now(context, desk), story.id or 0, triage=triage, verdict=verdict, version=story.version,
            evidence=evidence, note="Why",
        )  # fmt: skip


def _story(context: Context, story_id: int) -> Story:
    with context.reading() as session:
        return session.get_one(Story, story_id)


def _actions(context: Context) -> list[str]:
    with context.reading() as session:
        found = session.exec(
            select(Event.action).where(col(Event.subject).startswith("story:")).order_by(col(Event.seq))
        )
        return list(found.all())


def test_a_story_goes_from_queue_to_response(context: Context, ann: Desk, story_id: int) -> None:
    story = _claim(context, ann, story_id)
    assert (story.status, story.lease_person_id) == ("in_review", ann.person_id)
    _decide(context, ann, story)
    with context.writing() as session:
        responding.log(session, ann, story_id, action="answer_published", link="https://desk.example/answer")
    decided = _story(context, story_id)
    assert (decided.status, decided.verdict, decided.lease_person_id) == ("decided", "false", None)
    assert _actions(context) == ["story.claimed", "story.decided", "response.logged"]
    with context.reading() as session:
        assert events.verify(session, KEY)[1] is None


def test_a_held_story_is_refused_to_others(context: Context, ann: Desk, bob: Desk, story_id: int) -> None:
    story = _claim(context, ann, story_id)
    with pytest.raises(Conflict, match=f"held by {ann.actor.alias}"):
        _claim(context, bob, story_id)
    with pytest.raises(Conflict, match="not yours"):
        _decide(context, bob, story)
    assert _story(context, story_id).lease_person_id == ann.person_id


def test_only_one_of_many_gets_a_story(context: Context, story_id: int) -> None:
    desks = [_person(context, f"p{number}", "analyst") for number in range(6)]
    won: list[str] = []
    lost: list[str] = []

    def try_it(desk: Desk) -> None:
        try:
            _claim(context, desk, story_id)
            won.append(desk.actor.alias)
        except Conflict:
            lost.append(desk.actor.alias)

    threads = [threading.Thread(target=try_it, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)


def test_a_hold_ends_and_a_late_decision_is_refused(
    context: Context, ann: Desk, bob: Desk, story_id: int, clock: Clock
) -> None:
    story = _claim(context, ann, story_id)
    clock.forward(minutes=16)
    with pytest.raises(Conflict, match="ran out"):
        _decide(context, ann, story)
    with context.writing() as session:
        assert queue.end_leases(session, clock()) == [story_id]
    assert _story(context, story_id).status == "queued"
    _decide(context, bob, _claim(context, bob, story_id))


def test_activity_renews_a_hold(context: Context, ann: Desk, story_id: int, clock: Clock) -> None:
    first = _claim(context, ann, story_id)
    clock.forward(minutes=10)
    again = _claim(context, ann, story_id)
    assert again.lease_until == clock() + timedelta(minutes=15)
    assert again.claimed_at == first.claimed_at
    assert _actions(context) == ["story.claimed"]


def test_taking_over_needs_a_reason_and_is_seen(context: Context, ann: Desk, bob: Desk, story_id: int) -> None:
    story = _claim(context, ann, story_id)
    with context.writing() as session, pytest.raises(Invalid, match="why"):
        reviewing.take_over(session, bob, story_id, " ")
    with context.writing() as session:
        reviewing.take_over(session, bob, story_id, "Ann went home")
    with pytest.raises(Conflict, match="not yours"):
        _decide(context, ann, story)
    with context.reading() as session:
        event = session.exec(select(Event).where(Event.action == "story.taken_over")).one()
        assert event.details == {"from": ann.actor.alias, "reason": "Ann went home"}


def test_a_stale_form_is_refused(context: Context, ann: Desk, story_id: int) -> None:
    story = _claim(context, ann, story_id)
    with context.writing() as session:
        reviewing.release(session, ann, story_id)
    _claim(context, ann, story_id)
    with pytest.raises(Conflict, match="changed while you were reading"):
        _decide(context, ann, story)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": "false", "evidence": []}, "at least one link"),
        ({"verdict": "false", "evidence": ["javascript:alert(1)"]}, "not a link"),
        ({"verdict": "false", "evidence": ["http://"]}, "not a link"),
        ({"verdict": "nonsense"}, "not a verdict"),
        ({"verdict": None, "triage": "nonsense"}, "not a triage word"),
        ({"verdict": "false", "triage": "not_relevant"}, "goes with the triage 'check' only"),
    ],
)
def test_an_incomplete_decision_is_refused_in_one_sentence(
    context: Context, ann: Desk, story_id: int, fields: dict[str, object], words: str
) -> None:
    story = _claim(context, ann, story_id)
    with pytest.raises(Invalid, match=words):
        _decide(context, ann, story, **fields)  # type: ignore[arg-type]
    assert _story(context, story_id).status == "in_review"


def test_satire_needs_no_evidence(context: Context, ann: Desk, story_id: int) -> None:
    assert _decide(context, ann, _claim(context, ann, story_id), "satire", evidence=[]).verdict == "satire"


@pytest.mark.parametrize(
    ("triage", "status"),
    [
        ("watch", "watching"), ("not_a_claim", "closed"), ("opinion_or_satire", "closed"), ("escalate", "queued"),
        ("cannot_tell", "queued"), ("check", "in_review"),
    ],
)  # fmt: skip
def test_triage_alone_moves_the_story(context: Context, ann: Desk, story_id: int, triage: str, status: str) -> None:
    _decide(context, ann, _claim(context, ann, story_id), None, triage, [])
    assert _story(context, story_id).status == status


def test_undo_takes_back_the_newest_step_first(context: Context, ann: Desk, story_id: int) -> None:
    _decide(context, ann, _claim(context, ann, story_id))
    with context.writing() as session:
        responding.log(session, ann, story_id, action="prebunk")
    with context.writing() as session:
        assert undoing.undo(session, ann).kind == "response"
    with context.writing() as session:
        assert undoing.undo(session, ann).kind == "decision"
    story = _story(context, story_id)
    assert (story.status, story.verdict, story.lease_person_id) == ("in_review", None, ann.person_id)
    with context.reading() as session:
        assert session.exec(select(Decision)).one().undone_at == NOW
        assert session.exec(select(Response)).one().undone_at == NOW
    with context.writing() as session, pytest.raises(Invalid, match="nothing left"):
        undoing.undo(session, ann)
    _decide(context, ann, story, "true")  # and the story can be decided again


def test_nobody_undoes_what_another_decided_since(context: Context, ann: Desk, bob: Desk, story_id: int) -> None:
    _decide(context, ann, _claim(context, ann, story_id))
    _decide(context, bob, _claim(context, bob, story_id), "true")
    with context.writing() as session, pytest.raises(Conflict, match="decided this story after you"):
        undoing.undo(session, ann)
    assert _story(context, story_id).verdict == "true"


def test_a_judged_match_is_kept_and_can_be_undone(context: Context, ann: Desk, story_id: int) -> None:
    with context.writing() as session:
        check = FactCheck(external_id="f", claim="The water is bad", added_at=NOW)
        session.add(check)
        session.flush()
        match = StoryMatch(story_id=story_id, fact_check_id=check.id or 0, score=0.9, band="sure", at=NOW)
        session.add(match)
        session.flush()
        number = match.id or 0
    with context.writing() as session:
        assert reviewing.judge_match(session, ann, number, right=False).state == "rejected"
    with context.writing() as session:
        undoing.undo(session, ann)
    with context.reading() as session:
        assert session.get_one(StoryMatch, number).state == "suggested"


def test_a_viewer_changes_nothing(context: Context, story_id: int) -> None:
    viewer = _person(context, "vic", "viewer")
    attempts = [
        lambda s: reviewing.claim(s, viewer, story_id),
        lambda s: reviewing.take_over(s, viewer, story_id, "because"),
        lambda s: responding.log(s, viewer, story_id, action="prebunk"),
        lambda s: undoing.undo(s, viewer),
    ]
    for attempt in attempts:
        with context.writing() as session, pytest.raises(NotAllowed, match="role analyst"):
            attempt(session)
    assert _actions(context) == []


def test_an_outcome_is_logged_with_what_it_was_before(context: Context, ann: Desk, story_id: int) -> None:
    with context.writing() as session:
        response = responding.log(session, ann, story_id, action="correction_asked", link="https://p.example/1")
    with context.writing() as session:
        responding.set_outcome(session, ann, response.id or 0, "refused", "They see no rule broken")
    with context.reading() as session:
        event = session.exec(select(Event).where(Event.action == "response.outcome")).one()
        assert event.details == {"response": response.id, "from": "pending", "to": "refused"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"action": "arrest"}, "not an action"), ({"action": "no_action"}, "Say why"),
     ({"action": "prebunk", "link": "ftp://x.example"}, "not a link")],
)  # fmt: skip
def test_a_wrong_response_is_refused(
    context: Context, ann: Desk, story_id: int, fields: dict[str, str], words: str
) -> None:
    with context.writing() as session, pytest.raises(Invalid, match=words):
        responding.log(session, ann, story_id, **fields)


def test_a_decision_keeps_what_it_was_made_on(context: Context, ann: Desk, story_id: int, clock: Clock) -> None:
    story = _claim(context, ann, story_id)
    clock.forward(seconds=90)
    decision = _decide(context, ann, story)
    assert (decision.priority, decision.seconds, decision.evidence) == (50, 90.0, EVIDENCE)


def test_no_illegal_transition_exists(context: Context, story_id: int) -> None:
    def move(session: Session) -> None:
        queue.advance(session, story_id, "queued", "decided")

    with pytest.raises(ValueError, match="no story goes from queued to decided"), context.writing() as session:
        move(session)
