"""A post that hides its words by several tricks is put before a person, and the queue says so."""

from __future__ import annotations

from sqlmodel import select

from monitor.context import Context
from monitor.grouping import stories
from monitor.models import PostRun, Story
from monitor.ranking.weights import current_weights
from tests import builders


def test_a_story_of_a_heavily_disguised_post_is_queued(context: Context) -> None:
    source = builders.make_source(context)
    for count, outcome in ((0, "overlay, stretched"), (1, "overlay, stretched, look-alikes")):
        builders.make_story(context, source, [f"Post {count}"], flags=(), scores={}, status="watching", queued_at=None)
        with context.writing() as session:
            run = session.exec(select(PostRun).order_by(PostRun.id.desc())).first()  # type: ignore[union-attr]
            assert run is not None
            run.outcomes = {**run.outcomes, "disguise": outcome}
            session.add(run)
    with context.writing() as session:
        found = session.exec(select(Story).order_by(Story.id)).all()  # type: ignore[arg-type]
        for story in found:
            stories.refresh(session, story, current_weights(session), 20.0, context.clock())
        assert [story.status for story in found] == ["watching", "queued"]
        assert [part["signal"] for part in found[1].why if part["signal"] == "disguised"] == ["disguised"]
