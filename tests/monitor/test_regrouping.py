"""Merges and splits by people: what moves, what is counted, what the machine keeps to, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sqlmodel import Session, col, select

from monitor import events
from monitor.accounts import people
from monitor.comparing.signs import Signs
from monitor.comparing.vectors import DIMENSIONS, Centre, normalised
from monitor.comparing.wordsets import read
from monitor.context import Context
from monitor.desk import regrouping, reviewing, undoing
from monitor.desk.reviewing import Desk
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.grouping import stories
from monitor.grouping.clustering import KEPT_PER_STORY, StoryAssigner
from monitor.grouping.memory import StoryMemory
from monitor.models import Event, Post, Source, Story, StoryChange, StoryMatch
from monitor.records import Vector
from monitor.sources import sourcing
from monitor.store import posts as post_store
from monitor.store import regroups
from tests import builders
from tests.conftest import KEY, NOW, Clock

DAM = "The Tarn dam above Lakemoor has burst and the water is coming"
BRIDGE = "The old bridge at Lakemoor is closed for repairs until Friday"
SNAKE = "A ten metre snake was filmed in the Lakemoor canal this morning"


@pytest.fixture
def ann(context: Context) -> Desk:
    return _desk(context, "ann")


@pytest.fixture
def bob(context: Context) -> Desk:
    return _desk(context, "bob")


def _desk(context: Context, login: str, role: str = "analyst") -> Desk:
    return context.desk(people.actor(builders.make_person(context, login, role)))


def _story(context: Context, story_id: int | None) -> Story:
    with context.reading() as session:
        return session.get_one(Story, story_id)


def _posts(context: Context, story_id: int | None) -> list[Post]:
    with context.reading() as session:
        return list(session.exec(select(Post).where(Post.story_id == story_id).order_by(col(Post.id))).all())


def _texts(context: Context, story_id: int | None) -> list[str]:
    return [post.text for post in _posts(context, story_id)]


def _merge(context: Context, desk: Desk, one: Story, other: Story, reason: str = "the same claim") -> None:
    with context.writing() as session:
        regrouping.merge(session, desk, one.id or 0, other.id or 0, reason)


def _split(context: Context, desk: Desk, story: Story, posts: Sequence[Post], reason: str = "another claim") -> int:
    with context.writing() as session:
        return regrouping.split(session, desk, story.id or 0, [post.id or 0 for post in posts], reason)


def _undo(context: Context, desk: Desk) -> None:
    with context.writing() as session:
        undoing.undo(session, desk)


def _actions(context: Context, story_id: int | None) -> list[str]:
    with context.reading() as session:
        query = select(Event.action).where(Event.subject == f"story:{story_id}").order_by(col(Event.seq))
        return list(session.exec(query).all())


def test_a_merged_story_hands_over_posts_figures_and_matches(context: Context, source: Source, ann: Desk) -> None:
    one = builders.make_story(context, source, [DAM, DAM + " now"], request_count=2)
    other = builders.make_story(context, source, [BRIDGE], lang="vi", request_count=1)
    builders.make_match(context, one, builders.make_fact_check(context))
    version = other.version
    _merge(context, ann, one, other)
    whole, left = _story(context, other.id), _story(context, one.id)
    assert (whole.post_count, whole.author_count, whole.request_count) == (3, 3, 3)
    assert set(whole.langs) == {"en", "vi"}
    assert whole.first_seen_at == min(post.event_at for post in _posts(context, other.id))
    assert whole.version > version
    assert (left.merged_into, left.post_count) == (other.id, 0)
    with context.reading() as session:
        assert len(session.exec(select(StoryMatch).where(StoryMatch.story_id == other.id)).all()) == 1
        assert events.verify(session, KEY)[1] is None
    assert (_actions(context, one.id), _actions(context, other.id)) == (["story.merged"], ["story.merged_in"])


def test_a_merge_is_taken_back_with_the_copies_that_came_since(context: Context, source: Source, ann: Desk) -> None:
    one = builders.make_story(context, source, [DAM, DAM + " now"], request_count=2)
    other = builders.make_story(context, source, [BRIDGE], request_count=1)
    check = builders.make_fact_check(context)
    builders.make_match(context, one, check)
    _merge(context, ann, one, other)
    with context.writing() as session:
        builders.make_post(session, source.id or 0, DAM, NOW, story_id=other.id)
        builders.make_post(session, source.id or 0, BRIDGE + "!", NOW, story_id=other.id)
    _undo(context, ann)
    assert _texts(context, one.id) == [DAM, DAM + " now", DAM]
    assert _texts(context, other.id) == [BRIDGE, BRIDGE + "!"]
    back, rest = _story(context, one.id), _story(context, other.id)
    assert (back.merged_into, back.status, back.post_count, back.request_count) == (None, "queued", 3, 2)
    assert (rest.post_count, rest.request_count) == (2, 1)
    with context.reading() as session:
        assert session.exec(select(StoryMatch).where(StoryMatch.story_id == other.id)).all() == []
    assert "merge.undone" in _actions(context, one.id)


def test_a_persons_word_on_a_match_comes_along_and_goes_back(context: Context, source: Source, ann: Desk) -> None:
    one, other = (builders.make_story(context, source, [text]) for text in (DAM, BRIDGE))
    check = builders.make_fact_check(context)
    judged, waiting = builders.make_match(context, one, check), builders.make_match(context, other, check)
    with context.writing() as session:
        reviewing.judge_match(session, ann, judged.id or 0, right=False)
    _merge(context, ann, one, other)
    with context.reading() as session:
        assert session.get_one(StoryMatch, waiting.id).state == "rejected"
    _undo(context, ann)
    with context.reading() as session:
        assert session.get_one(StoryMatch, waiting.id).state == "suggested"


def test_split_posts_make_a_story_of_their_own_and_copies_follow(context: Context, source: Source, ann: Desk) -> None:
    story = builders.make_story(context, source, [DAM, SNAKE, DAM + " now", SNAKE])
    posts = _posts(context, story.id)
    new_id = _split(context, ann, story, posts[1:2])
    assert _texts(context, new_id) == [SNAKE, SNAKE]
    new, rest = _story(context, new_id), _story(context, story.id)
    assert (new.title, new.title_lang, new.status, new.post_count, new.author_count) == (SNAKE, "en", "queued", 2, 2)
    assert (rest.post_count, rest.status) == (2, "queued")
    assert (_actions(context, story.id), _actions(context, new_id)) == (["story.split"], ["story.split_off"])
    with context.reading() as session:
        (change,) = session.exec(select(StoryChange)).all()
        assert (change.kind, change.posts, change.reason) == ("split", 2, "another claim")


def test_a_split_is_taken_back_with_what_joined_since(context: Context, source: Source, ann: Desk) -> None:
    story = builders.make_story(context, source, [DAM, SNAKE])
    new_id = _split(context, ann, story, _posts(context, story.id)[1:])
    with context.writing() as session:
        builders.make_post(session, source.id or 0, SNAKE + "!", NOW, story_id=new_id)
    _undo(context, ann)
    assert _texts(context, story.id) == [DAM, SNAKE, SNAKE + "!"]
    assert _story(context, new_id).merged_into == story.id
    assert _story(context, story.id).post_count == 3


def test_a_split_of_a_decided_story_goes_to_a_person(context: Context, source: Source, ann: Desk) -> None:
    decided = builders.make_story(context, source, [DAM, SNAKE], status="decided", verdict="false", decided_at=NOW)
    new = _story(context, _split(context, ann, decided, _posts(context, decided.id)[1:]))
    assert (new.status, new.verdict, new.queued_at) == ("queued", None, NOW)
    watched = builders.make_story(context, source, [DAM, BRIDGE], status="watching", queued_at=None)
    assert _story(context, _split(context, ann, watched, _posts(context, watched.id)[1:])).status == "watching"


def test_what_cannot_be_regrouped_says_why(context: Context, source: Source, ann: Desk, bob: Desk) -> None:
    one, other = (builders.make_story(context, source, [text]) for text in (DAM, BRIDGE))
    decided = builders.make_story(context, source, [SNAKE], status="decided", verdict="false")
    with pytest.raises(Invalid, match="few words"):
        _merge(context, ann, one, other, " ")
    with pytest.raises(Invalid, match="into itself"):
        _merge(context, ann, one, one)
    with pytest.raises(Invalid, match="other way round"):
        _merge(context, ann, decided, other)
    with pytest.raises(NotAllowed):
        _merge(context, _desk(context, "eve", "viewer"), one, other)
    with pytest.raises(Invalid, match="at least one post of this story"):
        _split(context, ann, one, _posts(context, other.id))
    with pytest.raises(Invalid, match="Leave at least one post"):
        _split(context, ann, one, _posts(context, one.id))
    with context.writing() as session:
        reviewing.claim(session, bob, other.id or 0)
    for refused in (lambda: _merge(context, ann, one, other), lambda: _split(context, ann, other, [])):
        with pytest.raises(Conflict, match="is held by"):
            refused()
    with context.reading() as session:
        assert session.exec(select(StoryChange)).all() == []
    assert _story(context, one.id).merged_into is None


def test_one_can_regroup_a_story_one_holds_and_lets_go_of_it(context: Context, source: Source, ann: Desk) -> None:
    one, other = (builders.make_story(context, source, [text]) for text in (DAM, BRIDGE))
    with context.writing() as session:
        reviewing.claim(session, ann, one.id or 0)
    _merge(context, ann, one, other)
    left = _story(context, one.id)
    assert (left.status, left.lease_person_id) == ("queued", None)
    with pytest.raises(Conflict, match="was merged into story"):
        _merge(context, ann, one, other)


def test_work_on_the_new_story_and_later_merges_forbid_undoing(
    context: Context, source: Source, ann: Desk, bob: Desk
) -> None:
    story, third = builders.make_story(context, source, [DAM, SNAKE]), builders.make_story(context, source, [BRIDGE])
    new = _story(context, _split(context, ann, story, _posts(context, story.id)[1:]))
    with context.writing() as session:
        claimed = reviewing.claim(session, bob, new.id or 0)
        reviewing.decide(session, bob, new.id or 0, triage="not_a_claim", version=claimed.version)
    with pytest.raises(Conflict, match="merge the two instead"):
        _undo(context, ann)
    other = builders.make_story(context, source, [SNAKE + " again"])
    _merge(context, ann, other, story)
    _merge(context, bob, story, third)
    with pytest.raises(Conflict, match="was merged into"):
        _undo(context, ann)


class _Typist:
    """Places posts the way the pipeline does, with vectors of our choice."""

    def __init__(self, context: Context, source: Source) -> None:
        self.context, self.source = context, source
        self.memory = StoryMemory(builders.MODEL, 30, Centre.packaged())

    def post(self, text: str, vector: Vector) -> int:
        with self.context.reading() as session:
            self.memory.catch_up(session, self.context.clock())
        with self.context.writing() as session:
            post = builders.make_post(session, self.source.id or 0, text, self.context.clock())
            signs = Signs.of(text, post.lang)
            story = stories.place(session, self.memory, post, vector, signs, self.context.clock())
            post_store.put_vector(session, post.id or 0, builders.MODEL, vector, signs.pack())
            self.memory.add(post, vector, signs)
            assert story is not None
            return story.id or 0

    def post_of(self, text: str) -> Post:
        with self.context.reading() as session:
            return session.exec(select(Post).where(Post.text == text)).one()


@pytest.fixture
def typist(context: Context, source: Source) -> _Typist:
    return _Typist(context, source)


def _vectors(count: int, seed: int = 3) -> Vector:
    return normalised(np.random.default_rng(seed).normal(size=(count, DIMENSIONS)))


@pytest.mark.parametrize("restarted", [False, True])
def test_new_copies_follow_what_people_said(context: Context, typist: _Typist, ann: Desk, restarted: bool) -> None:
    one, two, three = _vectors(3)
    dam, bridge = typist.post(DAM, one), typist.post(BRIDGE, two)
    assert typist.post(SNAKE, three) not in (dam, bridge)
    _merge(context, ann, _story(context, bridge), _story(context, dam))
    typist.post(DAM + " today", one)
    new_id = _split(context, ann, _story(context, dam), [typist.post_of(DAM + " today")])
    if restarted:
        typist.memory = StoryMemory(builders.MODEL, 30, Centre.packaged())
    assert typist.post(BRIDGE.upper(), two) == dam
    assert typist.post(BRIDGE + " or so they say", two) == dam
    assert typist.post(DAM + " TODAY", one) == new_id
    assert typist.post(DAM + " today!!! http://x.example/1", one) == new_id
    _undo(context, ann)
    assert typist.post(DAM + " today?", one) == dam


def test_a_post_near_both_halves_goes_to_the_nearest_post() -> None:
    near, far = _vectors(2)
    assigner = StoryAssigner()
    for key in range(3):
        assigner.add(key, 1, normalised(far + 0.02 * _vectors(1, key)[0]), read(f"{DAM} part {key}", "en"), "en")
    assigner.add(9, 2, near, read(SNAKE + " and the dam", "en"), "en")
    scored = [(0, 4.0), (1, 4.0), (2, 4.0), (9, 4.5)]
    assert assigner._best_story(scored, "en")[0] == 9
    assert assigner._best_story([*scored[:3], (9, 3.9)], "en")[0] == 0
    assigner.move([2], 2)
    assigner.keep_apart(1, 2)
    assert assigner._best_story([(0, 4.0), (1, 4.0), (2, 1.0), (9, 4.2)], "en")[0] == 9
    assigner.let_meet(1, 2)
    assert assigner._best_story([(0, 4.0), (1, 4.0), (2, 1.0), (9, 4.2)], "en")[0] == 0


def test_moved_posts_stay_within_what_is_remembered_of_a_story() -> None:
    assigner, vectors = StoryAssigner(), _vectors(KEPT_PER_STORY + 20)
    for key, vector in enumerate(vectors):
        assigner.add(key, key % 2, vector, read(f"Report number {key} about a thing", "en"), "en")
    assigner.move(range(0, len(vectors), 2), 1)
    assigner.move([999], 1)
    assert len(assigner) == KEPT_PER_STORY


def test_the_match_job_looks_at_regrouped_stories_once(context: Context, source: Source, ann: Desk) -> None:
    story = builders.make_story(context, source, [DAM, SNAKE])
    _split(context, ann, story, _posts(context, story.id)[1:])
    from monitor.matching.library import Library

    library = Library(builders.MODEL, Centre.packaged(), Centre.packaged("passage"))
    with context.reading() as session:
        assert len(regroups.unmatched(session)) == 1
    stories.match_regrouped(context, library, builders.MODEL)
    with context.reading() as session:
        assert regroups.unmatched(session) == []


def test_a_source_is_removed_with_stories_that_people_regrouped(context: Context, ann: Desk) -> None:
    sample = builders.make_source(context, "sample", sample=True)
    one, other = (builders.make_story(context, sample, [text, text + " again"]) for text in (DAM, BRIDGE))
    _merge(context, ann, one, other)
    _split(context, ann, other, _posts(context, other.id)[:1])
    boss = _desk(context, "boss", "supervisor")
    with context.writing() as session:
        assert sourcing.remove(session, boss, "sample", with_posts=True) == 4
    with context.reading() as session:
        assert session.exec(select(Story)).all() == []
        assert session.exec(select(StoryChange)).all() == []


def _flood(session: Session, source_id: int, story_id: int, count: int) -> None:
    rows = [
        {
            "source_id": source_id, "kind": "feed", "platform": "x", "external_id": f"f{n}", "text": f"{DAM} {n}",
            "seen_at": NOW, "event_at": NOW, "copy_key": f"k{n}", "triage": "done", "story_id": story_id,
            "author_key": f"a{n}", "cut": False, "revision": 1, "triage_tries": 0,
        }
        for n in range(count)
    ]  # fmt: skip
    session.execute(Post.__table__.insert(), rows)  # type: ignore[attr-defined]


def test_a_big_story_is_merged_and_parted_again(context: Context, source: Source, ann: Desk, clock: Clock) -> None:
    one, other = (builders.make_story(context, source, [text]) for text in (DAM, BRIDGE))
    with context.writing() as session:
        _flood(session, source.id or 0, one.id or 0, 5_000)
    _merge(context, ann, one, other)
    assert _story(context, other.id).post_count == 5_002
    clock.forward(minutes=1)
    _undo(context, ann)
    assert (_story(context, one.id).post_count, _story(context, other.id).post_count) == (5_001, 1)
