"""Hard texts: counted for the reader alone, calm stories between them, passed on without a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from monitor.accounts import people
from monitor.acting import Desk
from monitor.context import Context
from monitor.desk import exposure, reviewing
from monitor.errors import Invalid
from monitor.models import Event, Post, Source
from monitor.store import pages
from tests import builders
from tests.conftest import Clock


@pytest.fixture
def ann(context: Context) -> Desk:
    return context.desk(people.actor(builders.make_person(context, "ann")))


def _seen(context: Context, desk: Desk, prefs: dict[str, object] | None = None) -> exposure.Seen:
    with context.reading() as session:
        return exposure.today(session, desk.person_id, context.clock().date(), prefs or {}, 2)


def _note(context: Context, desk: Desk, post_id: int) -> None:
    with context.writing() as session:
        exposure.note(session, desk, post_id, context.clock().date())


def test_only_hard_texts_count_and_only_for_today(context: Context, source: Source, ann: Desk, clock: Clock) -> None:
    builders.make_story(context, source, ["You are vermin " * 200], flags=["hate"])
    builders.make_story(context, source, ["The dam has burst"])
    with context.reading() as session:
        hard, calm = session.exec(select(Post.id).order_by(Post.id)).all()  # type: ignore[arg-type]
    _note(context, ann, calm or 0)
    assert _seen(context, ann) == exposure.Seen(0, 0, 2)
    _note(context, ann, hard or 0)
    assert not _seen(context, ann).enough
    _note(context, ann, hard or 0)
    assert _seen(context, ann).enough
    assert _seen(context, ann).minutes == 7
    assert not _seen(context, ann, {"cap": 0}).enough
    with pytest.raises(Invalid):
        _note(context, ann, 99)
    with context.reading() as session:
        assert not [event for event in session.exec(select(Event)).all() if "exposure" in event.action]
    clock.forward(days=1)
    assert _seen(context, ann).items == 0
    clock.forward(days=31)
    with context.writing() as session:
        assert exposure.forget(session, clock()) == 1


def test_calm_stories_come_between_and_after_enough(context: Context, source: Source, ann: Desk) -> None:
    builders.make_story(context, source, ["Hard"], flags=["abuse"], priority=90)
    builders.make_story(context, source, ["Calm"], priority=10)
    with context.reading() as session:

        def following(**how: bool) -> int | None:
            return pages.next_story(session, ann.now, ann.person_id, 0, **how)

        assert (following(), following(calm_first=True), following(calm_only=True)) == (1, 2, 2)
        assert pages.next_story(session, ann.now, ann.person_id, 2, calm_first=True) == 1
        assert pages.next_story(session, ann.now, ann.person_id, 2, calm_only=True) is None


def test_a_story_passed_on_comes_back_to_others_only(context: Context, source: Source, ann: Desk) -> None:
    builders.make_story(context, source, ["Hard"], flags=["hate"])
    builders.make_story(context, source, ["Calm"])
    bob = replace(ann, actor=people.actor(builders.make_person(context, "bob")))
    with context.writing() as session:
        reviewing.claim(session, ann, 1)
        exposure.pass_on(session, ann, 1)
        exposure.pass_on(session, ann, 1)
        assert pages.next_story(session, ann.now, ann.person_id, 2) is None
        assert pages.next_story(session, ann.now, bob.person_id, 2) == 1
        with pytest.raises(Invalid, match="hate or abuse"):
            exposure.pass_on(session, ann, 2)
        assert exposure.forget(session, ann.now + timedelta(days=31)) == 1
