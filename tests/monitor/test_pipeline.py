"""The way of a post through the machine, with the real model: scores, story, match, rank, and every kind of failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import col, select

from collectors.jsonl import JsonLines, JsonLinesOptions
from monitor import pipeline
from monitor.accounts import people
from monitor.context import Context
from monitor.desk import reviewing, undoing
from monitor.events import SYSTEM
from monitor.grouping import stories
from monitor.matching import library as factcheck_library
from monitor.models import Event, FactCheck, Post, PostRun, PostVector, Source, Story, StoryMatch
from monitor.pipeline import STAGES, Item, Tools, check_order, score_again, triage_batch
from monitor.records import Page, Prediction, RawItem, Vector
from monitor.sources import collecting, tips, visiting
from monitor.wiring import App
from tests.conftest import NOW, Clock

DAM = "URGENT: the dam above Lakemoor has burst, the water reaches the bridge in 40 minutes, run now!"
DAM_AGAIN = "urgent - the dam above lakemoor has burst!! water reaches the bridge in 40 minutes. RUN NOW"
BAKERY = "The bakery on Mill Street has new opening hours and the rye bread is back, see you there"


class Lines:
    """A source that sends the given lines once."""

    def __init__(self, rows: Sequence[dict[str, object]]) -> None:
        self.rows = rows

    def fetch(self, client: object, cursor: object, now: object) -> list[Page]:
        return [Page([RawItem(str(row["id"]), row) for row in self.rows])]

    normalise = JsonLines(JsonLinesOptions(path="sample")).normalise


def arrive(context: Context, *texts: str, authors: Sequence[str] = ()) -> None:
    """Store posts with these texts as a source would."""
    with context.writing() as session:
        source = session.exec(select(Source)).first()
        if source is None:
            source = Source(name="s", kind="jsonl", next_poll_at=NOW, created_at=NOW)
            session.add(source)
            session.flush()
        number, known = source.id or 0, len(session.exec(select(Post.id)).all())
    rows = [
        {"id": f"p{known + n}", "text": text, "author": authors[n] if authors else f"author-number-{known + n}"}
        for n, text in enumerate(texts)
    ]
    run = collecting.collect_one(context, lambda kind, options: (Lines(rows), None), number)
    assert run is not None
    assert run.error is None


@pytest.fixture(scope="module")
def model() -> pipeline.TextModel:
    from monitor.settings import Settings
    from monitor.wiring import load_text_model

    return load_text_model(Settings())


@pytest.fixture
def tools(context: Context, model: pipeline.TextModel) -> Tools:
    app = App(context)
    app.use_model(model)
    return app.tools()


def _posts(context: Context) -> list[Post]:
    with context.reading() as session:
        return list(session.exec(select(Post).order_by(col(Post.id))).all())


def _stories(context: Context) -> list[Story]:
    with context.reading() as session:
        return list(session.exec(select(Story).order_by(col(Story.id))).all())


def test_stages_are_in_an_order_that_works() -> None:
    assert check_order(STAGES, {"text": 1, "lang_hint": 1}) == []
    assert check_order(tuple(reversed(STAGES)), {"text": 1, "lang_hint": 1}) != []


def test_a_batch_is_scored_grouped_and_ranked(context: Context, tools: Tools) -> None:
    arrive(context, DAM, BAKERY, DAM_AGAIN)
    result = triage_batch(context, tools)
    assert (result.counts["done"], result.counts["left"]) == (3, 0)
    dam, bakery, again = _posts(context)
    assert dam.story_id == again.story_id != bakery.story_id
    assert {post.triage for post in (dam, bakery, again)} == {"done"}
    story = next(s for s in _stories(context) if s.id == dam.story_id)
    assert (story.post_count, story.author_count, story.langs, story.platforms) == (2, 2, ["en"], ["jsonl"])
    assert story.priority == pytest.approx(sum(part["points"] for part in story.why), abs=0.02)
    assert "Lakemoor" in story.title or "lakemoor" in story.title


def test_every_stage_ends_with_one_outcome_word(context: Context, tools: Tools) -> None:
    arrive(context, DAM, "🔥🔥🔥", "https://x.example/only-a-link")
    triage_batch(context, tools)
    with context.reading() as session:
        runs = session.exec(select(PostRun).order_by(col(PostRun.id))).all()
    assert [set(run.outcomes) for run in runs] == [{"language", "scores", "stance", "match", "end", "story"}] * 3
    assert runs[0].model == tools.model_name
    assert runs[0].outcomes["scores"] == "ok"
    assert all(0 <= score <= 1 for score in runs[0].scores.values())
    assert [run.outcomes["scores"] for run in runs[1:]] == ["too_short", "too_short"]
    assert runs[1].scores == {}


def test_posts_without_words_are_kept_but_never_grouped(context: Context, tools: Tools) -> None:
    arrive(context, "🔥🔥🔥", "🔥🔥🔥", "https://x.example/1", "@someone @other")
    triage_batch(context, tools)
    assert [post.story_id for post in _posts(context)] == [None] * 4
    assert _stories(context) == []


def test_exact_copies_make_one_story_with_the_first_as_origin(context: Context, tools: Tools) -> None:
    arrive(context, DAM, *[DAM.upper()] * 40, authors=["one.author"] * 41)
    while triage_batch(context, tools).counts["left"]:
        pass
    posts = _posts(context)
    assert {post.copy_of for post in posts[1:]} == {posts[0].id}
    (story,) = _stories(context)
    assert (story.post_count, story.author_count) == (41, 1)


def test_a_new_process_knows_the_stories_of_the_last(context: Context, tools: Tools, model: pipeline.TextModel) -> None:
    arrive(context, DAM)
    triage_batch(context, tools)
    restarted = App(context)
    restarted.use_model(model)
    arrive(context, DAM_AGAIN)
    triage_batch(context, restarted.tools())
    assert len(_stories(context)) == 1


def test_old_stories_take_no_new_posts(context: Context, tools: Tools, model: pipeline.TextModel, clock: Clock) -> None:
    arrive(context, DAM)
    triage_batch(context, tools)
    clock.forward(days=40)
    restarted = App(context)
    restarted.use_model(model)
    arrive(context, DAM_AGAIN)
    triage_batch(context, restarted.tools())
    assert len(_stories(context)) == 2


def test_an_edited_post_is_scored_again_in_its_story(context: Context, tools: Tools) -> None:
    arrive(context, DAM)
    triage_batch(context, tools)
    with context.writing() as session:
        post = session.exec(select(Post)).one()
        post.text, post.revision, post.triage, post.triage_tries = DAM + " EDIT: sorry, false alarm", 2, "pending", 0
    triage_batch(context, tools)
    with context.reading() as session:
        assert session.exec(select(PostRun.revision).order_by(col(PostRun.id))).all() == [1, 2]
    assert len(_stories(context)) == 1


def test_a_decision_holds_only_for_the_text_it_judged(context: Context, tools: Tools) -> None:
    arrive(context, BAKERY)
    triage_batch(context, tools)
    with context.writing() as session:
        session.exec(select(Story)).one().status = "closed"
    arrive(context, BAKERY.upper())  # a mere copy changes nothing
    triage_batch(context, tools)
    assert [story.status for story in _stories(context)] == ["closed"]
    with context.writing() as session:
        post = session.exec(select(Post).order_by(col(Post.id))).first()
        assert post is not None
        post.text, post.revision, post.triage = "Now it says that the bakery poisons the bread", 2, "pending"
    triage_batch(context, tools)
    assert [story.status for story in _stories(context)] == ["queued"]
    with context.reading() as session:
        assert session.exec(select(Event.action)).all() == ["story.text_changed"]


def test_a_fact_check_that_answers_is_found_whichever_comes_first(context: Context, tools: Tools) -> None:
    arrive(context, DAM)
    triage_batch(context, tools)
    with context.writing() as session:
        session.add(
            FactCheck(
                external_id="fc", claim="The dam above Lakemoor has burst and the water reaches the bridge.",
                verdict="false", publisher="Lakemoor Fact Desk", lang="en", added_at=NOW,
            )
        )  # fmt: skip
    assert factcheck_library.embed_new(context, tools.model, tools.model_name) == 1  # type: ignore[arg-type]
    assert stories.match_again(context, tools.library, tools.model_name) == 1
    with context.reading() as session:
        match = session.exec(select(StoryMatch)).one()
    assert match.band in ("suggest", "sure")
    (story,) = _stories(context)
    assert "match" in {part["signal"] for part in story.why}


def test_posts_are_held_again_when_a_sure_fact_check_comes_later(context: Context, tools: Tools) -> None:
    arrive(context, DAM, "The dam above Lakemoor holds, the water never reaches the bridge")
    triage_batch(context, tools)
    assert [post.stance for post in _posts(context)] == ["repeats", "unclear"]
    with context.writing() as session:
        session.add(FactCheck(external_id="fc", claim=DAM, verdict="false", lang="en", added_at=NOW))
    factcheck_library.embed_new(context, tools.model, tools.model_name)  # type: ignore[arg-type]
    stories.match_again(context, tools.library, tools.model_name)
    with context.reading() as session:
        assert session.exec(select(StoryMatch.band)).one() == "sure"
    assert [post.stance for post in _posts(context)] == ["repeats", "denies"]


class Broken:
    """The real model, but for texts with a certain word."""

    def __init__(self, model: pipeline.TextModel) -> None:
        self._model = model
        self.model_id, self.revision = model.model_id, model.revision

    def predict(self, texts: Sequence[str], langs: Sequence[str]) -> list[Prediction]:
        if any("POISON" in text for text in texts):
            raise RuntimeError("the session died")
        return self._model.predict(texts, langs)

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vector:
        return self._model.encode(texts, kind)


class Counting:
    """The real model, which remembers how many texts it was given to read."""

    def __init__(self, model: pipeline.TextModel) -> None:
        self._model = model
        self.model_id, self.revision, self.read = model.model_id, model.revision, 0

    def predict(self, texts: Sequence[str], langs: Sequence[str]) -> list[Prediction]:
        self.read += len(texts)
        return self._model.predict(texts, langs)

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vector:
        return self._model.encode(texts, kind)


def test_copies_in_one_batch_are_read_once_and_scored_alike(context: Context, tools: Tools) -> None:
    model = Counting(tools.model)
    tools.model = model
    arrive(context, DAM, BAKERY, *[DAM] * 20)
    assert triage_batch(context, tools).counts["done"] == 22
    assert model.read == 2
    with context.reading() as session:
        runs = {run.post_id: run for run in session.exec(select(PostRun))}
    posts = _posts(context)
    dams = [runs[post.id or 0].scores for post in posts if post.text == DAM]
    assert dams == [dams[0]] * 21
    assert runs[posts[1].id or 0].scores != dams[0]
    assert {post.stance for post in posts if post.text == DAM} == {posts[0].stance}


def test_a_post_the_model_fails_on_is_shown_to_a_person_and_harms_no_other(context: Context, tools: Tools) -> None:
    tools.model = Broken(tools.model)
    arrive(context, BAKERY, "The POISON word stands in this harmless sentence", DAM)
    triage_batch(context, tools)
    bakery, poison, dam = _posts(context)
    assert (bakery.triage, poison.triage, dam.triage) == ("done", "not_scored", "done")
    story = next(s for s in _stories(context) if s.id == poison.story_id)
    assert story.status == "queued"
    assert [part["signal"] for part in story.why] == ["unscored"]
    assert story.scores == {}
    tools.model = tools.model._model  # type: ignore[attr-defined]
    assert score_again(context) == 1
    triage_batch(context, tools)
    assert _posts(context)[1].triage == "done"


def test_a_post_that_keeps_killing_the_process_is_put_aside(context: Context, tools: Tools) -> None:
    arrive(context, BAKERY, DAM)
    with context.writing() as session:  # as three crashes in a row leave it
        session.exec(select(Post).order_by(col(Post.id))).first().triage_tries = 3  # type: ignore[union-attr]
    for _ in range(3):
        triage_batch(context, tools)
    assert [post.triage for post in _posts(context)] == ["quarantined", "done"]


def test_a_failed_write_leaves_posts_pending_and_memory_clean(
    context: Context, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(context, DAM)
    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "_run", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            triage_batch(context, tools)
    assert _stories(context) == []
    triage_batch(context, tools)
    assert [post.triage for post in _posts(context)] == ["done"]
    assert len(_stories(context)) == 1


def test_two_workers_on_the_same_posts_count_each_once(context: Context, tools: Tools) -> None:
    arrive(context, DAM, BAKERY)
    items = pipeline._take(context)
    for stage in STAGES:
        stage.run(items, tools)
    first = pipeline._write(context, tools, items, context.clock())
    second = pipeline._write(context, tools, items, context.clock())
    assert (first["done"], second["stale"]) == (2, 2)
    with context.reading() as session:
        assert len(session.exec(select(PostRun)).all()) == 2


_KILLED = """
import os, signal, sys
from pathlib import Path
from monitor import pipeline
from monitor.jobs import by_id, run_job
from monitor.wiring import open_app
app = open_app(Path(sys.argv[1]) / "claimwatch.toml")
moment, left = sys.argv[2], int(sys.argv[3])
original = getattr(pipeline, moment, None)
def killed(*args):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args)
if moment != "none":
    setattr(pipeline, moment, killed)
print(run_job(app, by_id("triage")).outcome)
"""


@pytest.mark.parametrize(("moment", "calls"), [("_predict", 1), ("_write_one", 9)])
def test_killed_during_triage_no_post_is_left_unscored_or_counted_twice(
    tmp_path: Path, moment: str, calls: int
) -> None:
    from monitor.events import SYSTEM
    from monitor.sources import sourcing
    from monitor.wiring import check_source, open_app

    (tmp_path / "claimwatch.toml").write_text("[triage]\nbatch = 8\n")
    rows = [
        {"id": str(n), "text": f"Report number {n}: {DAM if n % 3 else BAKERY}", "author": f"a{n}"} for n in range(24)
    ]
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    app = open_app(tmp_path / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    with app.context.writing() as session:
        sourcing.add(session, app.context.desk(SYSTEM), check_source, name="f", kind="jsonl",
                     options={"path": str(tmp_path / "posts.jsonl")})  # fmt: skip
    visiting.collect_due(app.context, app.open_source)
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    dead = subprocess.run([*command, moment, str(calls)], capture_output=True, check=False)
    assert dead.returncode == -signal.SIGKILL
    alive = subprocess.run([*command, "none", "0"], capture_output=True, text=True, check=True, env=os.environ.copy())
    assert alive.stdout == "ok\n"
    assert Counter(post.triage for post in _posts(app.context)) == {"done": 24}
    with app.context.reading() as session:
        assert len(session.exec(select(PostRun)).all()) == 24
        assert len(session.exec(select(PostVector)).all()) == 24
    assert sum(story.post_count for story in _stories(app.context)) == 24
    app.close()


def test_an_item_starts_unscored() -> None:
    assert Item(1, 1, "x", None, 0).prediction == Prediction("not_scored")


def test_a_tip_is_a_request_on_its_story_and_no_spread(context: Context, tools: Tools) -> None:
    arrive(context, DAM)
    with context.writing() as session:
        for words in (DAM_AGAIN, DAM_AGAIN, BAKERY):
            tips.receive(session, context.key, context.clock(), words=words)
    while triage_batch(context, tools).counts["left"]:
        pass
    dam, bakery = _stories(context)
    assert (dam.post_count, dam.author_count, dam.request_count) == (1, 1, 2)
    assert (bakery.post_count, bakery.author_count, bakery.request_count) == (0, 0, 1)
    assert "requests" in {part["signal"] for part in dam.why}
    assert {"bakery" in bakery.title.lower(), "lakemoor" in dam.title.lower()} == {True}


def test_posts_are_held_against_the_claim_at_hand(context: Context, tools: Tools) -> None:
    denial = "The dam above Lakemoor holds, the water never reaches the bridge"
    arrive(context, DAM, DAM_AGAIN, denial)
    triage_batch(context, tools)
    assert len(_stories(context)) == 1
    assert [post.stance for post in _posts(context)] == ["repeats", "repeats", "unclear"]  # either may be the rumour
    check = FactCheck(external_id="fc", claim="The dam above Lakemoor has burst and the water reaches the bridge.",
                      verdict="false", lang="en", added_at=NOW)  # fmt: skip
    with context.writing() as session:
        session.add(check)
        person, _ = people.add(session, context.key, NOW, SYSTEM, login="ann", role="analyst")
        story_id = session.exec(select(Story.id)).one()
    factcheck_library.embed_new(context, tools.model, tools.model_name)  # type: ignore[arg-type]
    with context.writing() as session:
        match = StoryMatch(story_id=story_id or 0, fact_check_id=check.id or 0, score=0.5, band="suggest", at=NOW)
        session.add(match)
        session.flush()
        reviewing.judge_match(session, context.desk(people.actor(person)), match.id or 0, right=True)
    assert [post.stance for post in _posts(context)] == ["repeats", "repeats", "denies"]
    assert _stories(context)[0].denying_count == 1  # at once, before the story is counted anew
    arrive(context, "The dam above Lakemoor holds, and the water reaches no bridge")
    triage_batch(context, tools)
    assert (_posts(context)[3].story_id, _posts(context)[3].stance) == (story_id, "denies")
    with context.reading() as session:
        assert session.exec(select(PostRun.outcomes).order_by(col(PostRun.id).desc())).first()["stance"] == "denies"
    with context.writing() as session:
        undoing.undo(session, context.desk(people.actor(person)))
    assert _posts(context)[2].stance == "unclear"
    denying = sum(post.stance == "denies" for post in _posts(context))
    assert _stories(context)[0].denying_count == denying
