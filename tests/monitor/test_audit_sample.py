"""A few stories the machine left out are drawn by lot, looked at by people, and counted apart from what it flagged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from monitor.accounts import people
from monitor.context import Context
from monitor.desk import auditing, reviewing
from monitor.grouping import stories
from monitor.models import Event, Source, Story
from monitor.ranking.priority import DEFAULT_WEIGHTS
from monitor.settings import Summary
from monitor.summaries import public, summary
from monitor.summaries.weeks import Period, of_moment
from tests import builders
from tests.conftest import Clock


@pytest.fixture
def source(context: Context) -> Source:
    return builders.make_source(context)


@pytest.fixture
def week(context: Context) -> Period:
    return of_moment(context.clock(), context.zone)


@pytest.fixture
def left_out(context: Context, source: Source, clock: Clock, week: Period) -> list[int]:
    """Thirty watched stories, one the machine queued and one of the sample data; the week is over."""
    plain: dict[str, Any] = {"status": "watching", "queued_at": None, "flags": [], "scores": {"claim": 0.2}}
    made = [builders.make_story(context, source, [f"Nobody {n}"], **plain) for n in range(30)]
    builders.make_story(context, source, ["Queued by the machine"])
    builders.make_story(context, source, ["Of the sample data"], **plain, sample=True)
    clock.now = week.end + timedelta(hours=8)
    return [story.id or 0 for story in made]


def _drawn(session: Session) -> list[Story]:
    return list(session.exec(select(Story).where(col(Story.audit_week).is_not(None)).order_by(col(Story.id))).all())


def test_ten_are_drawn_once_a_week_and_say_why(context: Context, left_out: list[int], week: Period) -> None:
    assert (auditing.draw_due(context), auditing.draw_due(context)) == (10, 0)
    with context.reading() as session:
        drawn = _drawn(session)
        events = session.exec(select(Event).where(Event.action == "story.audit_drawn")).all()
    assert len(drawn) == len(events) == 10
    assert {story.id for story in drawn} < set(left_out)
    assert {(story.status, story.audit_week, story.queued_at) for story in drawn} == {("queued", week.name, None)}
    assert {story.why[0]["signal"] for story in drawn} == {"audit"}
    assert events[0].details == {"week": week.name, "of": 30}


def test_the_same_week_gives_the_same_lot(context: Context, left_out: list[int], week: Period) -> None:
    found = []
    for _ in range(2):
        with context.db.reading() as session:  # rolled back: the second draw starts from the same rows
            auditing.draw(session, context.key, week, 5, context.clock())
            session.flush()
            found.append([story.id for story in _drawn(session)])
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_nothing_is_drawn_before_monday_seven_or_by_a_desk_that_wants_none(
    context: Context, left_out: list[int], week: Period, clock: Clock
) -> None:
    clock.now = week.end + timedelta(hours=6)
    assert auditing.draw_due(context) == 0
    with context.writing() as session:
        assert auditing.draw(session, context.key, week, 0, context.clock()) == 0
        assert _drawn(session) == []


def test_ranking_anew_keeps_a_drawn_story_and_does_not_call_it_flagged(context: Context, left_out: list[int]) -> None:
    auditing.draw_due(context)
    with context.writing() as session:
        story = _drawn(session)[0]
        story.request_count = 0
        stories.refresh(session, story, DEFAULT_WEIGHTS, 10.0, context.clock())
        assert (story.status, story.queued_at, [p["signal"] for p in story.why][:1]) == ("queued", None, ["audit"])
        story.request_count = 9  # now there is a reason of its own
        stories.refresh(session, story, DEFAULT_WEIGHTS, 10.0, context.clock())
        assert (story.status, story.queued_at) == ("queued", context.clock())


def test_what_people_find_in_it_is_counted_apart(context: Context, left_out: list[int], clock: Clock) -> None:
    auditing.draw_due(context)
    ann = context.desk(people.actor(builders.make_person(context, "ann")))
    with context.writing() as session:
        for story, verdict in zip(_drawn(session)[:3], ("false", None, "true"), strict=True):
            reviewing.claim(session, ann, story.id or 0)
            triage = "check" if verdict else "opinion_or_satire"
            links = ["https://health.example/1"] if verdict else []
            reviewing.decide(session, ann, story.id or 0, triage=triage, version=story.version, verdict=verdict,
                             evidence=links)  # fmt: skip
    this = of_moment(clock(), context.zone)
    clock.now = this.end + timedelta(hours=8)
    with context.reading() as session:
        payload = summary.build(session, summary.Asked(this, "Desk", Summary()), clock())
        told = public.build(session, context.settings, this.first.year, clock())
    audit = payload["audit"]
    counts = {name: audit[name]["value"] for name in ("settled", "serious", "share", "waiting", "below")}
    assert counts == {"settled": 3, "serious": 1, "share": None, "waiting": 7, "below": 0}
    assert payload["model"]["settled"]["value"] == payload["flow"]["queued"]["value"] == 0
    assert payload["speed"]["clocks"][0]["n"]["value"] == 0
    assert told["automated_means"]["settled"] == 0
