"""The memory of recent posts is a cache of the database: after kill -9, erasing, old age and failed batches too."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from monitor import keeping
from monitor.comparing import signs
from monitor.comparing.signs import Signs
from monitor.comparing.vectors import DIMENSIONS, Centre, normalised
from monitor.context import Context
from monitor.db import Database
from monitor.grouping import stories
from monitor.grouping.memory import StoryMemory
from monitor.models import Post, PostVector, Source, Story
from monitor.records import Vector
from monitor.settings import Settings
from monitor.store import posts as post_store
from tests import builders
from tests.conftest import KEY, NOW, Clock

SYLLABLES = ("ka", "lo", "mi", "rut", "sen", "tal", "vo", "dar", "bel", "nim", "gor", "pas")


def _vector(seed: int) -> Vector:
    return normalised(np.random.default_rng(seed).normal(size=DIMENSIONS))


def _text(number: int) -> str:
    """Return twelve words of no language, others for every number."""
    picks = np.random.default_rng(number).choice(SYLLABLES, size=(12, 3))
    return " ".join("".join(word) for word in picks)


def _memory(**values: int) -> StoryMemory:
    return StoryMemory(builders.MODEL, 30, Centre.packaged(), **values)


def _place(context: Context, memory: StoryMemory, source: Source, number: int, *, text: str = "") -> Post:
    """Place one post as the pipeline does."""
    with context.reading() as session:
        memory.catch_up(session, context.clock())
    with context.writing() as session:
        post = builders.make_post(session, source.id or 0, text or _text(number), context.clock())
        found = Signs.of(post.text, post.lang)
        stories.place(session, memory, post, _vector(number), found, context.clock())
        post_store.put_vector(session, post.id or 0, builders.MODEL, _vector(number), found.pack())
        memory.add(post, _vector(number), found)
    return post


def test_a_new_memory_knows_what_the_last_one_did(context: Context, source: Source) -> None:
    memory = _memory()
    placed = [_place(context, memory, source, number) for number in range(12)]
    assert len({post.story_id for post in placed}) == 12
    again = _memory()
    for number in (0, 11):
        near = _place(context, again, source, number, text=_text(number) + " today")
        assert (near.story_id, near.copy_of) == (placed[number].story_id, placed[number].id)
    assert len(again) == 14


def test_after_a_change_of_model_words_are_compared_and_vectors_are_not(context: Context, source: Source) -> None:
    memory = _memory()
    placed = [_place(context, memory, source, number) for number in range(3)]
    with context.writing() as session:
        session.execute(sa.update(PostVector).values(model="claimwatch-6@1"))
    again = _memory()
    near = _place(context, again, source, 0, text=_text(0) + " today")
    assert (near.story_id, near.copy_of) == (placed[0].story_id, placed[0].id)
    alike_in_vector_alone = _place(context, again, source, 1, text=_text(7))
    assert alike_in_vector_alone.story_id not in {post.story_id for post in placed}
    assert len(again) == 2  # the two that this model read
    back = StoryMemory("claimwatch-6@1", 30, Centre.packaged())
    with context.reading() as session:
        back.catch_up(session, context.clock())
    assert len(back) == 3


@pytest.mark.parametrize("packed", [None, b"", b"\xff\x01"])
def test_posts_without_signs_or_with_old_ones_are_read_from_their_text(
    context: Context, source: Source, packed: bytes | None
) -> None:
    placed = _place(context, _memory(), source, 1)
    with context.writing() as session:
        session.execute(sa.update(PostVector).values(signs=packed))
    near = _place(context, _memory(), source, 1, text=_text(1) + " today")
    assert (near.story_id, near.copy_of) == (placed.story_id, placed.id)
    assert signs.unpack(packed) is None


def test_a_failed_batch_leaves_no_trace_and_costs_no_rebuild(context: Context, source: Source) -> None:
    memory = _memory()
    kept = _place(context, memory, source, 1)
    with pytest.raises(RuntimeError), context.writing() as session:
        post = builders.make_post(session, source.id or 0, _text(2), NOW)
        found = Signs.of(post.text, post.lang)
        stories.place(session, memory, post, _vector(2), found, NOW)
        memory.add(post, _vector(2), found)
        lost = post.id or 0
        raise RuntimeError
    memory.take_back([lost])
    assert len(memory) == 1
    assert _place(context, memory, source, 1, text=_text(1) + " today").story_id == kept.story_id
    assert _place(context, memory, source, 2, text=_text(2) + " today").copy_of is None


def test_erased_and_too_old_posts_are_forgotten(context: Context, source: Source, clock: Clock) -> None:
    memory = _memory()
    first, second = (_place(context, memory, source, number) for number in (1, 2))
    with context.writing() as session:
        keeping.erase(session, [session.get_one(Post, first.id)], clock())
    assert _place(context, memory, source, 1, text=_text(1) + " today").story_id != first.story_id
    assert len(memory) == 2
    clock.forward(days=31)
    assert _place(context, memory, source, 2, text=_text(2) + " today").story_id != second.story_id
    assert len(memory) == 1


def test_a_revised_text_is_compared_by_its_new_words(context: Context, source: Source) -> None:
    memory = _memory()
    post = _place(context, memory, source, 1)
    with context.writing() as session:
        row = session.get_one(Post, post.id)
        row.text, row.revision, row.copy_key = _text(2), 2, ""
        session.add(row)
        memory.add(row, _vector(2), Signs.of(row.text, row.lang))
    near = _place(context, memory, source, 2, text=_text(2) + " today")
    assert (near.story_id, near.copy_of) == (post.story_id, post.id)
    assert len(memory) == 2


def test_of_more_posts_than_it_holds_the_newest_are_remembered(context: Context, source: Source) -> None:
    memory = _memory(window=5)
    placed = [_place(context, memory, source, number) for number in range(8)]
    assert len(memory) == 5
    assert _place(context, _memory(window=5), source, 7, text=_text(7) + " today").story_id == placed[7].story_id


CHILD = """
    import sys
    from datetime import timedelta
    from pathlib import Path
    from monitor.context import Context
    from monitor.db import Database
    from monitor.models import Source
    from monitor.settings import Settings
    from tests.conftest import KEY, NOW
    from tests.monitor.test_story_memory import _memory, _place

    context = Context(Settings(), Path("."), Database("sqlite:///" + sys.argv[1]), KEY, lambda: NOW)
    memory, source = _memory(), Source(id=1, name="s", kind="feed", next_poll_at=NOW, created_at=NOW)
    for number in range(10_000):
        _place(context, memory, source, number)
        print(number, flush=True)
"""


def test_a_killed_process_loses_no_story(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "claimwatch.db"
    shutil.copyfile(migrated_file, path)
    context = Context(Settings(), tmp_path, Database(f"sqlite:///{path}"), KEY, lambda: NOW)
    source = builders.make_source(context)
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(path)],
        stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    told = [int(next(child.stdout)) for _ in range(8)]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with context.reading() as session:
        kept = session.exec(select(Post).order_by(col(Post.id))).all()
        assert session.exec(select(sa.func.count()).select_from(Story)).one() == len(kept)
    assert len(kept) >= len(told)
    memory = _memory()
    with context.reading() as session:
        memory.catch_up(session, NOW)
    assert len(memory) == len(kept)
    for number in (0, len(kept) - 1):
        near = _place(context, memory, source, number, text=_text(number) + " today")
        assert (near.story_id, near.copy_of) == (kept[number].story_id, kept[number].id)
    later = Context(Settings(), tmp_path, context.db, KEY, lambda: NOW + timedelta(minutes=1))
    assert _place(later, memory, source, 20_001).story_id not in {post.story_id for post in kept}
    context.db.close()
