"""A page is stored in a few statements, and yet as if every item had come alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, col, select

from monitor import keeping
from monitor.context import Context
from monitor.db import Database
from monitor.errors import Unmappable
from monitor.models import FactCheck, Post, PostRevision, RawItemRow, Source
from monitor.records import FactCheckRecord, PostRecord, RawItem
from monitor.sources.intake import Intake, Mapped, Stored
from monitor.text import MAX_TEXT
from tests.conftest import KEY, NOW, Clock

KEPT = ("external_id", "text", "revision", "author_key", "likes", "deleted_at", "triage", "copy_key")


@pytest.fixture
def source(context: Context) -> Source:
    return _source(context, "s")


def _source(context: Context, name: str) -> Source:
    with context.writing() as session:
        source = Source(name=name, kind="bluesky", next_poll_at=NOW, created_at=NOW)
        session.add(source)
    return source


def _item(external_id: str, text: str = "The dam is safe", **more: Any) -> tuple[RawItem, Mapped]:
    record = PostRecord(external_id=external_id, text=text, **{"author_id": "did:ann", **more})
    raw = RawItem(external_id, {"text": text, "by": record.author_id, **{k: str(v) for k, v in more.items()}})
    return raw, record


def _store(context: Context, source: Source, *items: tuple[RawItem, Mapped]) -> list[Stored]:
    with context.writing() as session:
        return Intake(session, KEY, source, context.clock(), global_ids=True).store(items)


def _outcomes(stored: list[Stored]) -> list[str]:
    return [one.outcome for one in stored]


def _rows(context: Context, table: type[SQLModel], *names: str) -> list[tuple[Any, ...]]:
    with context.reading() as session:
        rows = session.exec(select(table).order_by(sa.text("id"))).all()
    return [tuple(getattr(row, name) for name in names) for row in rows]


def test_twice_on_one_page_is_once_in_the_database(context: Context, source: Source) -> None:
    done = _store(context, source, _item("a"), _item("a"), _item("b"), _item("a", "The dam has burst"), _item("b"))
    assert _outcomes(done) == ["new", "duplicate", "new", "revised", "duplicate"]
    assert _rows(context, Post, "external_id", "text", "revision") == [
        ("a", "The dam has burst", 2), ("b", "The dam is safe", 1),
    ]  # fmt: skip
    assert sorted(_rows(context, PostRevision, "revision", "text")) == [
        (1, "The dam is safe"), (1, "The dam is safe"), (2, "The dam has burst"),
    ]  # fmt: skip
    ids = {external_id: number for number, external_id in _rows(context, Post, "id", "external_id")}
    assert [one.post_id for one in done] == [ids[name] for name in "aabab"]
    assert {(x, n) for x, n in _rows(context, RawItemRow, "external_id", "post_id")} == set(ids.items())


def test_a_text_that_changes_and_changes_back_is_three_revisions(context: Context, source: Source) -> None:
    for text in ("A is true", "B is true", "A is true"):
        _store(context, source, _item("a", text))
    assert _rows(context, PostRevision, "revision", "text") == [
        (1, "A is true"), (2, "B is true"), (3, "A is true"),
    ]  # fmt: skip


def test_an_account_that_goes_takes_what_came_on_the_same_page(context: Context, source: Source) -> None:
    gone = RawItem("did:ann", {"deleted": True}), PostRecord("did:ann", "", author_id="did:ann", author_gone=True)
    done = _store(context, source, _item("a"), _item("b", author_id="did:bo"), gone, gone)
    assert _outcomes(done) == ["new", "new", "revised", "duplicate"]
    assert _rows(context, Post, "external_id", "deleted_at") == [("a", NOW), ("b", None)]


def test_a_post_that_comes_and_goes_on_one_page(context: Context, source: Source) -> None:
    done = _store(context, source, _item("x", "", deleted=True), _item("a"), _item("a", "", deleted=True))
    assert _outcomes(done) == ["duplicate", "new", "revised"]
    assert _rows(context, Post, "external_id", "text", "deleted_at") == [("a", "The dam is safe", NOW)]


def test_a_deleted_post_is_back_when_its_own_source_shows_it_again(context: Context, source: Source) -> None:
    _store(context, source, _item("a"))
    _store(context, source, _item("a", "", deleted=True))
    _store(context, _source(context, "another"), _item("a"))
    assert _rows(context, Post, "deleted_at") == [(NOW,)]  # a copy elsewhere may only be late
    _store(context, source, _item("a"))
    assert _rows(context, Post, "deleted_at") == [(None,)]


def test_erased_words_do_not_come_back(context: Context, source: Source, clock: Clock) -> None:
    _store(context, source, _item("a"))
    _store(context, source, _item("a", "", deleted=True))
    clock.forward(hours=21)
    keeping.keep(context)
    done = _store(context, source, _item("a"), _item("a", "with other words"))
    assert _outcomes(done) == ["duplicate", "duplicate"]
    assert _rows(context, Post, "text", "title", "author_key") == [("", None, None)]
    assert _rows(context, RawItemRow, "payload") == []
    assert _rows(context, PostRevision, "text") == []


def test_what_cannot_be_mapped_is_kept_once_beside_its_neighbours(context: Context, source: Source) -> None:
    broken = RawItem("broken", {"words": "?"}), Unmappable("It has no text.")
    assert _outcomes(_store(context, source, _item("a"), broken, _item("b"))) == ["new", "unmapped", "new"]
    assert _outcomes(_store(context, source, broken)) == ["duplicate"]
    assert _rows(context, RawItemRow, "external_id", "outcome", "error") == [
        ("a", "ok", None), ("broken", "unmapped", "It has no text."), ("b", "ok", None),
    ]  # fmt: skip


def test_fact_checks_of_one_page(context: Context, source: Source) -> None:
    def check(number: int, claim: str) -> tuple[RawItem, Mapped]:
        return RawItem(str(number), {"claim": claim}), FactCheckRecord(str(number), claim)

    done = _store(context, source, check(1, "The dam burst"), check(2, "Rice is banned"), check(1, "The dam burst"))
    assert _outcomes(done) == ["new", "new", "duplicate"]
    assert _outcomes(_store(context, source, check(1, "The dam held"), check(3, "x"))) == ["revised", "new"]
    assert _rows(context, FactCheck, "external_id", "claim") == [
        ("1", "The dam held"), ("2", "Rice is banned"), ("3", "x"),
    ]  # fmt: skip


def test_a_figure_that_is_not_given_leaves_the_last_one(context: Context, source: Source) -> None:
    _store(context, source, _item("a", likes=3))
    _store(context, source, _item("a", shares=7))
    assert _rows(context, Post, "likes", "shares", "views") == [(3, 7, None)]


def test_a_page_of_a_thousand_posts_takes_few_statements(context: Context, source: Source) -> None:
    seen: list[str] = []
    listener = ("before_cursor_execute", lambda *given: seen.append(given[2]))
    sa.event.listen(context.db.engine, *listener)
    done = _store(context, source, *(_item(str(number), f"post number {number}") for number in range(1000)))
    sa.event.remove(context.db.engine, *listener)
    assert _outcomes(done) == ["new"] * 1000
    assert len(seen) < 30


def test_two_sources_may_bring_the_same_posts_at_once(context: Context) -> None:
    sources = [_source(context, "one"), _source(context, "two")]
    start, outcomes = threading.Barrier(2), []

    def bring(source: Source) -> None:
        start.wait(30)
        for first in range(0, 300, 20):
            found = _store(context, source, *(_item(str(number)) for number in range(first, first + 20)))
            outcomes.extend(_outcomes(found))

    threads = [threading.Thread(target=bring, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duplicate"] * 300 + ["new"] * 300
    assert len(_rows(context, Post, "id")) == 300


ITEM = st.one_of(
    st.builds(_item, st.sampled_from("abc"), st.sampled_from(["one", "two", "three"]),
              author_id=st.sampled_from(["did:ann", "did:bo"])),
    st.builds(_item, st.sampled_from("abc"), st.just("one"), likes=st.integers(0, 3)),
    st.builds(_item, st.sampled_from("abcd"), st.just(""), deleted=st.just(True)),
    st.builds(_item, st.sampled_from(["did:ann", "did:bo"]), st.just(""), deleted=st.just(True),
              author_gone=st.just(True)),
    st.just((RawItem("broken", {"x": 1}), Unmappable("broken"))),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(ITEM, max_size=14))
def test_one_page_or_many_the_rows_are_the_same(
    database: Database, context: Context, items: Sequence[tuple[RawItem, Mapped]]
) -> None:
    found = []
    for together in (True, False):
        with database.engine.connect() as connection, Session(connection) as session:
            source = Source(name="s", kind="bluesky", next_poll_at=NOW, created_at=NOW)
            session.add(source)
            session.flush()
            intake: list[str] = []
            for page in [items] if together else [[item] for item in items]:
                intake += _outcomes(Intake(session, KEY, source, NOW, global_ids=True).store(page))
            session.flush()
            posts = session.exec(select(Post).order_by(col(Post.external_id))).all()
            revisions = session.exec(select(PostRevision)).all()
            raws = session.exec(select(RawItemRow)).all()
            names = {post.id: post.external_id for post in posts}
            found.append((
                intake,
                [tuple(getattr(post, name) for name in KEPT) for post in posts],
                sorted((names[row.post_id], row.revision, row.text) for row in revisions),
                sorted((row.external_id, row.digest, json.dumps(row.payload), str(names.get(row.post_id or 0)))
                       for row in raws),
            ))  # fmt: skip
            session.rollback()
    assert found[0] == found[1]


def test_everything_too_large_at_once_is_cut_and_said(context: Context, source: Source) -> None:
    huge = "lũ " * 700_000
    links = tuple(f"https://x.example/{number}" for number in range(10_000))
    name = "i" * 1_000_000
    item = _item(
        name, huge, title=huge, author_id="a" * 1_000_000, author_names=("b" * 1_000_000,), links=links,
        url="https://x.example/" + "u" * 100_000,
    )  # fmt: skip
    assert _outcomes(_store(context, source, item)) == ["new"]
    assert _outcomes(_store(context, source, item)) == ["duplicate"]
    with context.reading() as session:
        post = session.exec(select(Post)).one()
    assert (len(post.title or ""), len(post.url or ""), len(post.text), post.cut) == (1000, 2048, MAX_TEXT, True)
    assert post.external_id.startswith("sha256:")
    assert len(post.author_key or "") == 32
