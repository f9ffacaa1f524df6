"""One recorded post, from the wire to the weekly summary. Nothing is patched but the clock."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import col, select

from monitor import events
from monitor.accounts import people
from monitor.db import Database
from monitor.desk import responding, reviewing
from monitor.events import SYSTEM
from monitor.jobs import by_id, run_job
from monitor.models import CollectRun, Event, FactCheck, Person, Post, RawItemRow, Report, Story, StoryMatch
from monitor.records import FactCheckRecord
from monitor.sources import sourcing, storing
from monitor.wiring import App, check_source, open_app
from tests.collectors.recorded import body_of, conditional, replay
from tests.conftest import Clock
from tests.servers import serving

SUNDAY_NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
FEED = "feed/feeds_rss.xml"


def _app(home: Path, allowed: str, clock: Clock) -> App:
    (home / "claimwatch.toml").write_text(
        f'[collect]\nallow_private = ["{allowed}"]\nper_host_seconds = 0\n[team]\nname = "Larrin desk"\n'
    )
    app = open_app(home / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    return App(dataclasses.replace(app.context, clock=clock))


def _run(app: App, job: str) -> dict[str, int]:
    result = run_job(app, by_id(job))
    assert (result.outcome, result.message) == ("ok", None)
    return dict(result.counts)


def test_from_the_wire_to_the_weekly_summary(tmp_path: Path, clock: Clock) -> None:
    clock.now = SUNDAY_NIGHT
    with serving() as server:
        server.routes["/feed"] = conditional(replay(FEED, server), FEED)
        (allowed,) = server.allowed
        app = _app(tmp_path, allowed, clock)
        _add_source(app, f"{server.base}/feed")

        assert _run(app, "collect")["new"] > 0
        clock.forward(minutes=20)
        assert _run(app, "collect")["new"] == 0
        assert [request.headers.get("if-none-match") is not None for request in server.requests("/feed")] == [
            False,
            True,
        ]
    with app.context.reading() as session:
        runs = session.exec(select(CollectRun.outcome).order_by(col(CollectRun.id))).all()
        assert list(runs) == ["ok", "not_modified"]
        posts = session.exec(select(Post).order_by(col(Post.id))).all()
        raw = session.exec(select(RawItemRow).where(RawItemRow.post_id == posts[0].id)).one()
    assert len({post.external_id for post in posts}) == len(posts)
    assert posts[0].text.split()[0] in body_of(FEED).decode()
    assert posts[0].text.split()[0] in raw.payload

    assert _run(app, "triage")["done"] == len(posts)
    _add_fact_check(app, posts[0])
    assert _run(app, "match")["fact_checks"] == 1
    story_id = _work_it(app, posts[0].id or 0)

    clock.now = datetime(2026, 11, 23, 6, 59, tzinfo=UTC)
    assert _run(app, "weekly")["reports"] == 0
    clock.forward(hours=3)  # the machine was off when the hour struck
    assert _run(app, "weekly")["reports"] == 1
    assert _run(app, "weekly")["reports"] == 0
    _check_report(app, story_id, len(posts))
    app.close()


def _add_source(app: App, url: str) -> None:
    with app.context.writing() as session:
        sourcing.add(session, app.context.desk(SYSTEM), check_source, name="gazette", kind="feed", options={"url": url})


def _add_fact_check(app: App, post: Post) -> None:
    record = FactCheckRecord(
        external_id="fc-1", claim=post.title or post.text, publisher="Larrin Facts", lang=post.lang, verdict="false",
        rating="False", url="https://facts.example/1",
    )  # fmt: skip
    with app.context.writing() as session:
        storing.store_fact_check(session, None, record, app.context.clock())


def _work_it(app: App, post_id: int) -> int:
    """Claim the post's story, confirm its match, decide with evidence, respond; as the pages do."""
    context = app.context
    with context.writing() as session:
        person, _ = people.add(session, context.key, context.clock(), SYSTEM, login="ann", role="analyst")
        story_id = session.get_one(Post, post_id).story_id or 0
    desk = context.desk(people.actor(person))
    with context.writing() as session:
        story = reviewing.claim(session, desk, story_id)
        match = session.exec(select(StoryMatch).where(StoryMatch.story_id == story_id)).one()
        reviewing.judge_match(session, desk, match.id or 0, right=True)
    with context.writing() as session:
        reviewing.decide(
            session, desk, story_id, triage="check", verdict="false", version=story.version,
            evidence=["https://facts.example/1"],
        )  # fmt: skip
        responding.log(
            session, desk, story_id, action="answer_published", link="https://desk.example/answer", lang="en"
        )
    return story_id


def _check_report(app: App, story_id: int, posts: int) -> None:
    with app.context.reading() as session:
        report = session.exec(select(Report)).one()
        story = session.get_one(Story, story_id)
        actions = session.exec(select(Event.action).where(Event.subject == f"story:{story_id}")).all()
        assert session.exec(select(Person.login)).all() == ["ann"]
        assert session.exec(select(FactCheck.verdict)).all() == ["false"]
        assert events.verify(session, app.context.key)[1] is None
    assert (story.status, story.verdict) == ("decided", "false")
    assert {"story.claimed", "match.confirmed", "story.decided", "response.logged"} <= set(actions)
    assert (report.week, report.payload["header"]["team"]) == ("2026-W47", "Larrin desk")
    numbers = _numbers(report.payload)
    expected = {"in.posts": posts, "decided.all": 1, "decided.verdict.false": 1, "answered.all": 1, "flow.answered": 1}
    assert {number: numbers[number] for number in expected} == expected


def _numbers(payload: object) -> dict[str, object]:
    from monitor.summaries.summary import figures

    return {figure["number"]: figure["value"] for figure in figures(payload)}


def test_a_database_of_another_place_is_not_needed(tmp_path: Path) -> None:
    """The installation lives in its folder: moved as a whole, it works elsewhere."""
    first = tmp_path / "first"
    first.mkdir()
    app = open_app(first / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    app.close()
    first.rename(tmp_path / "second")
    (tmp_path / "second" / "claimwatch.toml").write_text("")
    moved = open_app(tmp_path / "second" / "claimwatch.toml")
    moved.context.db.require_current()
    assert isinstance(moved.context.db, Database)
    moved.close()
