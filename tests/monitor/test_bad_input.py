"""What floods, empty texts, wrong clocks and fact-checks without a claim do to stories: nothing to the others."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlmodel import select

from monitor.comparing.signs import Signs
from monitor.comparing.vectors import DIMENSIONS, Centre, normalised
from monitor.context import Context
from monitor.grouping import stories
from monitor.grouping.bench import bench_stories
from monitor.grouping.memory import StoryMemory
from monitor.matching import library as factcheck_library
from monitor.models import FactCheck, Post, Source, Story
from monitor.ranking.priority import DEFAULT_WEIGHTS
from monitor.records import FactCheckRecord
from monitor.sources.storing import store_fact_check
from tests import builders
from tests.conftest import NOW, Clock
from tests.monitor.test_story_memory import _memory, _place, _text, _vector


def test_a_flood_of_one_text_is_one_story_and_takes_no_room(context: Context, source: Source) -> None:
    memory = _memory()
    first = _place(context, memory, source, 1)
    with context.writing() as session:
        for _ in range(300):
            post = builders.make_post(session, source.id or 0, _text(1).upper(), NOW)
            signs = Signs.of(post.text, post.lang)
            stories.place(session, memory, post, _vector(1), signs, NOW)
            memory.add(post, _vector(1), signs)
            assert (post.story_id, post.copy_of) == (first.story_id, first.id)
    assert len(memory) == 1
    assert _place(context, memory, source, 2).story_id != first.story_id


def test_a_huge_story_leaves_room_for_the_others(context: Context) -> None:
    memory, near = StoryMemory(builders.MODEL, 30, Centre.packaged()), _vector(1)
    small = Post(id=1, source_id=1, kind="x", platform="x", external_id="1", text=_text(1), story_id=1, seen_at=NOW,
                 event_at=NOW, lang="en")  # fmt: skip
    memory.add(small, _vector(7), Signs.of(_text(1), "en"))
    for number in range(2, 1_500):
        text = f"{_text(5)} {_text(number)}"
        post = small.model_copy(update={"id": number, "text": text, "story_id": 2})
        memory.add(post, normalised(near + 0.01 * _vector(number)), Signs.of(text, "en"))
    assert len(memory) == 1 + 200
    new = small.model_copy(update={"id": 9_999, "text": _text(1) + " again", "story_id": None})
    assert memory.find(new, _vector(7), Signs.of(new.text, "en"))[0] == 1


def test_a_huge_story_is_counted_anew_once_it_grew_by_a_hundredth(
    context: Context, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "HUGE", 200)
    story = builders.make_story(context, source, [_text(1)], post_count=299)
    with context.writing() as session:
        row = session.get_one(Story, story.id)
        stories.grow(session, row, 1, DEFAULT_WEIGHTS, 50.0, NOW)
        assert row.post_count == 1  # 300 is a step of a hundredth, so it was counted: there is one post
        row.post_count = 300
        stories.grow(session, row, 2, DEFAULT_WEIGHTS, 50.0, NOW)
        assert row.post_count == 302
        row.post_count = 100
        stories.grow(session, row, 1, DEFAULT_WEIGHTS, 50.0, NOW)
        assert row.post_count == 1


@pytest.mark.parametrize("text", ["", "🔥🔥🔥", "https://x.example/1", "@a @b", "!!! …"])
def test_texts_without_words_are_kept_and_never_meet(context: Context, source: Source, text: str) -> None:
    memory = _memory()
    with context.writing() as session:
        for _ in range(2):
            post = builders.make_post(session, source.id or 0, text, NOW)
            signs = Signs.of(text, "en")
            assert stories.place(session, memory, post, _vector(1), signs, NOW) is None
            memory.add(post, _vector(1), signs)
    with context.reading() as session:
        assert len(session.exec(select(Post)).all()) == 2
        assert session.exec(select(Story)).all() == []
    assert len(memory) == 0


def test_a_clock_that_runs_backwards_loses_no_post(context: Context, source: Source, clock: Clock) -> None:
    memory = _memory()
    first = _place(context, memory, source, 1)
    clock.forward(days=-3)
    second = _place(context, memory, source, 1, text=_text(1) + " today")
    clock.forward(days=3)
    third = _place(context, memory, source, 1, text=_text(1) + " again")
    assert {second.story_id, third.story_id} == {first.story_id}
    with context.writing() as session:
        story = session.get_one(Story, first.story_id)
        stories.refresh(session, story, DEFAULT_WEIGHTS, 50.0, clock() - timedelta(days=10))
        assert story.first_seen_at <= story.last_seen_at
        assert (story.post_count, story.growth) == (3, 3.0)


def test_a_fact_check_without_a_claim_stops_no_search(context: Context) -> None:
    with context.writing() as session:
        for number, claim in enumerate(("", "   ", "The dam above Lakemoor has burst")):
            store_fact_check(session, None, FactCheckRecord(f"fc-{number}", claim, lang="en"), NOW)
    vector = normalised(np.ones(DIMENSIONS))

    class Encoder:
        def encode(self, texts: list[str], kind: str = "query") -> np.ndarray:
            return np.stack([vector for _ in texts])

    assert factcheck_library.embed_new(context, Encoder(), "m") == 3
    library = factcheck_library.Library("m", Centre.packaged(), Centre.packaged("passage"))
    with context.reading() as session:
        library.catch_up(session)
        assert len(session.exec(select(FactCheck)).all()) == 3
    assert {m.factcheck_id for m in library.search("The dam above Lakemoor has burst", vector, "en")} <= {"fc-2"}


def test_the_bench_fills_and_places() -> None:
    found = bench_stories(posts=1_000, placed=3)
    assert found["posts"] == 1_000
    assert 800 <= found["remembered"] <= 1_003
    assert 0 < found["place_median_ms"] <= found["place_p95_ms"]
