"""The sample through the whole machine: what a newcomer sees in the first minute, held against what it really is."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from collectors import samples
from monitor import installing
from monitor.events import SYSTEM
from monitor.jobs import by_id, run_job
from monitor.models import FactCheck, Post, Story
from monitor.sources import sourcing
from monitor.wiring import App, check_source, open_app

FREE_SPEECH = {"opinion", "criticism", "satire", "protest", "religious"}
TRUTH = {
    row["id"]: row
    for row in map(json.loads, (samples.POSTS.parent / "truth.jsonl").read_text(encoding="utf-8").splitlines())
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("desk")
    app = open_app(home / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    with app.context.writing() as session:
        installing.add_sample(session, app.context, check_source)
    for job in ("collect", "match", "triage"):
        assert run_job(app, by_id(job)).outcome == "ok"
    yield app
    app.close()


def _members(app: App) -> dict[int, tuple[Story, list[str]]]:
    """Return story id -> (story, ids of its sample posts)."""
    with app.context.reading() as session:
        stories = {story.id: story for story in session.exec(select(Story)).all()}
        posts = session.exec(select(Post).order_by(col(Post.id))).all()
    found: dict[int, list[str]] = defaultdict(list)
    for post in posts:
        if post.story_id is not None:
            found[post.story_id].append(post.external_id.split(":", 1)[1])
    return {number: (stories[number], ids) for number, ids in found.items()}


def test_every_sample_post_was_scored(desk: App) -> None:
    with desk.context.reading() as session:
        outcomes = set(session.exec(select(Post.triage)).all())
    assert outcomes == {"done"}


def test_every_false_story_waits_for_a_person(desk: App) -> None:
    wanted = {row["story"] for row in TRUTH.values() if row["kind"] == "false_claim"}
    waiting = {
        TRUTH[number]["story"]
        for story, ids in _members(desk).values()
        if story.status == "queued"
        for number in ids
        if TRUTH[number]["kind"] == "false_claim"
    }
    assert wanted - waiting == set()


def test_nobodys_opinion_waits_for_a_person(desk: App) -> None:
    queued = [
        (story.title, story.flags)
        for story, ids in _members(desk).values()
        if story.status == "queued" and {TRUTH[number]["kind"] for number in ids} <= FREE_SPEECH
    ]
    assert queued == []


def test_stories_hardly_mix_claims(desk: App) -> None:
    """Of every ten posts of a claim, at least nine stand in a story that is mostly about that claim."""
    right = total = 0
    for _story, ids in _members(desk).values():
        claims = Counter(TRUTH[number]["story"] for number in ids)
        claimed = sum(count for claim, count in claims.items() if claim is not None)
        if claimed:
            total += claimed
            right += max(count for claim, count in claims.items() if claim is not None)
    assert total > 90
    assert right / total >= 0.9


def test_stories_cross_languages(desk: App) -> None:
    largest: dict[str, int] = defaultdict(int)
    languages: dict[str, set[str]] = defaultdict(set)
    for story, ids in _members(desk).values():
        names = {TRUTH[number]["story"] for number in ids} - {None}
        if len(names) == 1:
            name = names.pop()
            largest[name] = max(largest[name], len(ids))
            languages[name] |= set(story.langs) if len(story.langs) > 1 else set()
    assert sum(1 for langs in languages.values() if len(langs) == 3) >= 6


def test_removing_the_sample_takes_everything_with_it(desk: App, tmp_path: Path) -> None:
    with desk.context.writing() as session:
        for name in (installing.SAMPLE, installing.SAMPLE_FACT_CHECKS):
            sourcing.remove(session, desk.context.desk(SYSTEM), name, with_posts=True)
    with desk.context.reading() as session:
        for table in (Post, Story, FactCheck):
            assert session.exec(select(table).limit(1)).first() is None
