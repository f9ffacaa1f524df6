"""Responses: what a desk did, when, what became of it, what is due, and what was answered before."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from monitor import dsa_export, exporting
from monitor.accounts import people
from monitor.context import Context
from monitor.desk import answering, responding, reviewing, undoing
from monitor.desk.reviewing import Desk
from monitor.errors import Invalid, NotAllowed
from monitor.models import Event, Response, Story
from monitor.store import responses as store
from tests import builders
from tests.conftest import Clock

POST = "https://social.example/p/"


@pytest.fixture
def ann(context: Context) -> Desk:
    return context.desk(people.actor(builders.make_person(context, "ann")))


@pytest.fixture
def story(context: Context) -> Story:
    return builders.make_story(context, builders.make_source(context))


def _log(context: Context, desk: Desk, story: Story, **fields: Any) -> Response:
    with context.writing() as session:
        return responding.log(session, context.desk(desk.actor), story.id or 0, **fields)


def _post_link(context: Context, story: Story) -> str:
    with context.reading() as session:
        return store.post_links(session, story.id or 0)[0]


def test_a_report_to_a_platform_names_a_post_of_the_story_and_the_rule(
    context: Context, ann: Desk, story: Story
) -> None:
    link = _post_link(context, story)
    with pytest.raises(Invalid, match="names the rule"):
        _log(context, ann, story, action="platform_reported", link=link)
    for other in ("", "https://social.example/@jane.doe", "https://social.example/p/0"):
        with pytest.raises(Invalid, match="one of this story's posts"):
            _log(context, ann, story, action="platform_reported", link=other, rule="Health misinformation")
    done = _log(context, ann, story, action="platform_reported", link=link, rule="Health misinformation", ticket="T-1")
    assert (done.link, done.rule, done.ticket) == (link, "Health misinformation", "T-1")


@pytest.mark.parametrize(
    ("text", "link"),
    [("", ""), ("@jane.doe says the dam broke", ""), ("See POST", ""), ("People think the dam broke", "POST")],
)
def test_an_authority_is_told_about_the_claim_only(
    context: Context, ann: Desk, story: Story, text: str, link: str
) -> None:
    post = _post_link(context, story)
    fields = {"text": text.replace("POST", f"({post})."), "link": link.replace("POST", post)}
    with pytest.raises(Invalid, match="about the claim"):
        _log(context, ann, story, action="authority_alerted", **fields)
    told = "A claim goes round that the dam broke; write to press@water.example. https://water.example/dam"
    assert _log(context, ann, story, action="authority_alerted", text=told).text == told


def test_when_it_was_done_and_the_hours_since_first_seen(
    context: Context, ann: Desk, story: Story, clock: Clock
) -> None:
    with pytest.raises(Invalid, match="future"):
        _log(context, ann, story, action="prebunk", done_at=clock.now + timedelta(minutes=1))
    clock.forward(hours=6)
    _log(context, ann, story, action="prebunk", done_at=story.first_seen_at + timedelta(hours=2, minutes=30))
    with context.writing() as session:
        reviewing.claim(session, ann, story.id or 0)
        reviewing.decide(session, ann, story.id or 0, triage="not_relevant", version=1)
        row = next(exporting.stories(session))
    assert row["responses"][0]["hours_since_first_seen"] == 2.5


def test_what_is_due_is_counted_shown_and_moved(context: Context, ann: Desk, story: Story, clock: Clock) -> None:
    day = timedelta(days=1)
    first = _log(context, ann, story, action="prebunk", follow_up_at=clock.now + day)
    second = _log(context, ann, story, action="answer_published", follow_up_at=clock.now + 2 * day)
    _log(context, ann, story, action="monitoring_only")
    assert _due(context, clock) == []
    clock.forward(days=2)
    assert _due(context, clock) == [first.id, second.id]
    with context.writing() as session:
        responding.set_outcome(session, context.desk(ann.actor), first.id or 0, "acknowledged")
    assert _due(context, clock) == [first.id, second.id]
    with context.writing() as session:
        responding.set_outcome(session, context.desk(ann.actor), first.id or 0, "done_in_full")
        with pytest.raises(Invalid, match="ahead"):
            responding.postpone(session, context.desk(ann.actor), second.id or 0, clock.now)
        responding.postpone(session, context.desk(ann.actor), second.id or 0, clock.now + day)
    assert _due(context, clock) == []
    clock.forward(days=1)
    assert _due(context, clock) == [second.id]
    with context.writing() as session:
        undoing.undo(session, context.desk(ann.actor))  # the monitoring
        undoing.undo(session, context.desk(ann.actor))
    assert _due(context, clock) == []


def _due(context: Context, clock: Clock) -> list[int | None]:
    with context.reading() as session:
        found = store.due(session, clock.now)
        assert store.due_count(session, clock.now) == len(found)
        paged, after = [], None
        while page := store.due(session, clock.now, after=after, limit=1):
            paged.append(page[0][0].id)
            assert page[0][0].follow_up_at is not None
            after = (page[0][0].follow_up_at, page[0][0].id or 0)
    assert paged == [response.id for response, _ in found]
    return paged


def test_only_a_reported_post_has_a_visibility(context: Context, ann: Desk, story: Story) -> None:
    prebunk = _log(context, ann, story, action="prebunk")
    report = _log(context, ann, story, action="platform_reported", link=_post_link(context, story), rule="3.1")
    with context.writing() as session, pytest.raises(Invalid, match="what a platform does"):
        responding.set_outcome(session, ann, prebunk.id or 0, "done_in_full", visibility="removed")
    with context.writing() as session, pytest.raises(Invalid, match="what a platform does"):
        responding.set_outcome(session, ann, report.id or 0, "done_in_full", visibility="account_closed")
    with context.writing() as session:
        assert responding.set_outcome(session, ann, report.id or 0, "done_in_full", visibility="labelled").visibility
    with context.reading() as session:
        last = session.exec(select(Event).where(Event.action == "response.outcome")).all()[-1]
    assert last.details["visibility"] == "labelled"


def test_answers_to_the_same_claim_are_offered_and_given_again(context: Context, ann: Desk, story: Story) -> None:
    source = builders.make_source(context, "Another source")
    copied = builders.make_story(context, source, ["The dam above Lakemoor has burst!"])
    checked = builders.make_story(context, source, ["Lakemoor is under water"])
    other = builders.make_story(context, source, ["The bridge is closed"])
    check = builders.make_fact_check(context)
    for each in (story, checked):
        match = builders.make_match(context, each, check)
        with context.writing() as session:
            reviewing.judge_match(session, ann, match.id or 0, right=True)
    _log(context, ann, copied, action="answer_published", link="https://desk.example/copied", channel="radio")
    _log(context, ann, checked, action="reply_to_asker", text="The dam stands.", lang="en")
    _log(context, ann, checked, action="no_action", text="would amplify")
    _log(context, ann, other, action="answer_published", link="https://desk.example/bridge")
    with context.reading() as session:
        known = answering.known(session, story.id or 0)
    assert [given.story.id for given in known.given] == [checked.id, copied.id]
    assert [one.id for one in known.checks] == [check.id]
    with context.reading() as session:
        alike = answering.known(session, story.id or 0, [other.id or 0])
    assert [given.story.id for given in alike.given] == [other.id, checked.id, copied.id]
    with context.writing() as session:
        again = responding.again(session, ann, story.id or 0, known.given[1].response.id or 0)
    assert (again.action, again.link, again.channel) == ("answer_published", "https://desk.example/copied", "radio")
    assert again.again_of == known.given[1].response.id
    with context.reading() as session:
        assert [given.story.id for given in answering.known(session, story.id or 0).given] == [checked.id]
    with context.writing() as session, pytest.raises(Invalid, match="no such response"):
        responding.again(session, ann, story.id or 0, 999)


def test_decisions_leave_as_the_dsa_names_them_without_anybodys_name(context: Context, ann: Desk) -> None:
    source = builders.make_source(context)
    story = builders.make_story(context, source, ["=cmd() says @jane.doe: the dam burst, call 0912 345 678"])
    with context.writing() as session:
        reviewing.claim(session, ann, story.id or 0)
        reviewing.decide(session, ann, story.id or 0, triage="check", verdict="false", version=1,
                         evidence=["https://water.example/report"], note="Jane Doe invented it")  # fmt: skip
    report = _log(
        context, ann, story, action="platform_reported", link=_post_link(context, story), rule="No fakes by @jane.doe",
        ticket="T-9",
    )  # fmt: skip
    with context.writing() as session:
        responding.set_outcome(session, ann, report.id or 0, "done_in_full", visibility="removed")
        with pytest.raises(NotAllowed, match="supervisor"):
            exporting.export(session, ann, "decisions")
    sam = context.desk(people.actor(builders.make_person(context, "sam", "supervisor")))
    builders.read_all(context)
    with context.writing() as session:
        body, count = exporting.export(session, sam, "decisions")
    row = next(csv.DictReader(io.StringIO(body)))
    assert (count, tuple(row)) == (1, dsa_export.COLUMNS)
    assert (row["verdict"], row["claim_review_rating"], row["evidence"]) == (
        "false",
        "1",
        "https://water.example/report",
    )
    assert row["decision_visibility"] == "DECISION_VISIBILITY_CONTENT_REMOVED"
    assert (row["decision_ground"], row["platform_reference"]) == ("DECISION_GROUND_INCOMPATIBLE_CONTENT", "T-9")
    assert row["category_specification"] == "KEYWORD_MISINFORMATION_DISINFORMATION"
    assert row["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert row["decision_facts"].startswith("'=")
    assert [word for word in ("jane", "Jane", "R01", "ann", "345") if word in body] == []
    with context.reading() as session:
        said = session.exec(select(Event).where(Event.action == "export")).one()
    assert said.details["rows"] == 1
    assert len(said.details["sha256"]) == 64
