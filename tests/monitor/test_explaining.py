"""Words that mattered to a score: worked out ahead for the first stories, kept with the run, erased with the text."""

from __future__ import annotations

import numpy as np
from sqlmodel import select

from monitor import explaining, keeping
from monitor.context import Context
from monitor.grouping import likeness
from monitor.models import Post, PostRun, PostVector, Story
from monitor.store import posts
from tests import builders
from tests.builders import MODEL


class Counted:
    """A model whose word is the longest one of the text."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def why(self, text: str, lang: str, label: str, k: int = 5) -> list[tuple[str, float]]:
        self.asked.append((text, label))
        return [] if label == "claim" else [(max(text.split(), key=len), 0.25)]


def test_each_of_the_first_stories_is_worked_out_once(context: Context) -> None:
    source = builders.make_source(context)
    builders.make_story(context, source, ["The dam has burst!", "Dam gone"], flags=["claim", "harmful"], priority=80)
    builders.make_story(context, source, ["Nothing to see"], flags=[], priority=90)
    builders.make_story(context, source, ["Old news"], status="closed")
    model = Counted()
    assert explaining.explain(context, model, MODEL) == 1
    assert explaining.explain(context, model, MODEL) == 0
    assert explaining.explain(context, model, "another@1") == 0
    assert sorted(label for _, label in model.asked) == ["claim", "harmful"]
    with context.reading() as session:
        run = posts.explained_run(session, 1)
        assert run is not None
        assert {label: list(map(tuple, words)) for label, words in run.words.items()} == {"harmful": [("gone", 0.25)]}
    with context.writing() as session:
        keeping.erase(session, session.exec(select(Post).where(Post.story_id == 1)).all(), context.clock())
    with context.reading() as session:
        assert [run.words for run in session.exec(select(PostRun)).all()] == [{}] * 4


def _vector(context: Context, story: Story, numbers: list[float]) -> None:
    made = np.zeros(384, dtype=np.float32)
    made[: len(numbers)] = numbers
    with context.writing() as session:
        for post_id in session.exec(select(Post.id).where(Post.story_id == story.id)).all():
            session.add(PostVector(post_id=post_id or 0, model=MODEL, vector=posts.pack(made)))


def test_decided_stories_nearest_in_meaning_come_first(context: Context) -> None:
    source = builders.make_source(context)
    now = context.clock()
    own = builders.make_story(context, source, ["Asked"])
    near = builders.make_story(context, source, ["Near"], status="decided", decided_at=now, verdict="false")
    far = builders.make_story(context, source, ["Far"], status="decided", decided_at=now, verdict="true")
    opened = builders.make_story(context, source, ["Open"])
    for story, numbers in ((own, [1.0, 0.1]), (near, [1.0, 0.0]), (far, [0.0, 1.0]), (opened, [1.0, 0.1])):
        _vector(context, story, numbers)
    with context.reading() as session:
        assert [story.id for story in likeness.decided_like(session, own.id or 0)] == [near.id, far.id]
        assert likeness.decided_like(session, 99) == []
