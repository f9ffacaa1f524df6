"""What is over its time is really gone; counts, decisions and the log stay."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlmodel import col, func, select

from monitor import events, pipeline
from monitor.context import Context
from monitor.events import SYSTEM
from monitor.keeping import ERASED_TITLE, keep
from monitor.models import FactCheck, Post, PostRun, PostVector, RawItemRow, Source, Story
from monitor.settings import Settings
from monitor.sources import sourcing
from monitor.wiring import App, load_text_model
from tests.conftest import KEY, NOW, Clock
from tests.monitor.test_pipeline import BAKERY, DAM, arrive

SECRET = "The zebra-striped secret stands on the old bridge near Lakemoor tonight"


@pytest.fixture(scope="module")
def model() -> pipeline.TextModel:
    return load_text_model(Settings())


@pytest.fixture
def filled(context: Context, model: pipeline.TextModel) -> Context:
    app = App(context)
    app.use_model(model)
    arrive(context, SECRET, DAM, BAKERY)
    pipeline.triage_batch(context, app.tools())
    return context


def _everything(context: Context) -> str:
    """Return every value of every table as one text."""
    with context.db.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        rows = [row for name in names for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')).all()]
    return "\n".join(str(tuple(row)) for row in rows)


def test_nothing_goes_before_its_time(filled: Context, clock: Clock) -> None:
    clock.forward(days=29)
    assert set(keep(filled).counts.values()) == {0}


def test_texts_of_a_kind_go_earlier_where_its_terms_ask_for_it(filled: Context, clock: Clock) -> None:
    with filled.writing() as session:
        first = session.exec(select(Post).order_by(col(Post.id))).all()[0]
        first.kind = "youtube"
        session.add(first)
    clock.forward(days=31)
    assert keep(filled).counts["posts"] == 1
    with filled.reading() as session:
        erased = session.exec(select(Post.kind).where(col(Post.erased_at).is_not(None))).all()
    assert erased == ["youtube"]


def test_raw_items_go_first_then_texts(filled: Context, clock: Clock) -> None:
    clock.forward(days=31)
    assert keep(filled).counts["raw"] == 3
    assert "zebra" in _everything(filled)
    clock.forward(days=340)
    assert keep(filled).counts["posts"] == 3
    everything = _everything(filled)
    assert "zebra" not in everything
    assert "Lakemoor" not in everything
    with filled.reading() as session:
        assert session.exec(select(func.count()).select_from(Post)).one() == 3
        assert session.exec(select(func.count()).select_from(PostRun)).one() == 3
        assert session.exec(select(func.count()).select_from(PostVector)).one() == 0
        assert {story.title for story in session.exec(select(Story)).all()} == {ERASED_TITLE}
        assert events.verify(session, KEY)[1] is None


def test_a_post_deleted_at_its_source_is_erased_within_a_day(filled: Context, clock: Clock) -> None:
    with filled.writing() as session:
        post = session.exec(select(Post).where(Post.text == SECRET)).one()
        post.deleted_at, author = clock(), post.author_key
    clock.forward(hours=21)
    assert keep(filled).counts["posts"] == 1
    everything = _everything(filled)
    assert "zebra" not in everything
    assert author not in everything
    assert "dam above Lakemoor" in everything


def test_an_erased_post_does_not_come_back(filled: Context, clock: Clock) -> None:
    with filled.writing() as session:
        session.exec(select(Post).where(Post.text == SECRET)).one().deleted_at = clock()
    clock.forward(hours=21)
    keep(filled)
    with filled.reading() as session:
        key = session.exec(select(Post.external_id).where(Post.text == "")).one().removeprefix("1:")
    from monitor.sources import collecting
    from tests.monitor.test_pipeline import Lines

    run = collecting.collect_one(filled, lambda kind, options: (Lines([{"id": key, "text": SECRET}]), None), 1)
    assert run is not None
    with filled.reading() as session:
        assert session.exec(select(Post).where(Post.external_id == f"1:{key}")).one().text == ""


def test_removing_the_sample_leaves_no_trace_but_the_log(filled: Context) -> None:
    with filled.writing() as session:
        session.exec(select(Source)).one().sample = True
        session.add(FactCheck(external_id="s", claim="c", added_at=NOW, sample=True))
        session.add(FactCheck(external_id="own", claim="c", added_at=NOW))
    with filled.writing() as session:
        assert sourcing.remove(session, filled.desk(SYSTEM), "s", with_posts=True) == 3
    with filled.reading() as session:
        for table in (Post, Story, RawItemRow, PostVector, Source):
            assert session.exec(select(func.count()).select_from(table)).one() == 0
        assert session.exec(select(FactCheck.external_id)).all() == ["own"]
        assert events.verify(session, KEY)[1] is None
