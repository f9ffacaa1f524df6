"""Full-text search in three languages, on both databases: what is found, in which order, and that it is never stale."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor import keeping
from monitor.context import Context
from monitor.db import Database
from monitor.desk import regrouping
from monitor.models import FactCheck, FactCheckWords, Post, Source, StoryWords
from monitor.settings import Settings
from monitor.sources import sourcing
from monitor.store import factchecks, search
from tests import builders
from tests.conftest import KEY, NOW
from tests.monitor.test_regrouping import _desk

TEXTS = (
    ("en", "The Tarn dam above Lakemoor has burst, leave the valley! #KhadraDam"),
    ("vi", "Đập Khadra đã vỡ, nước đang tràn về thung lũng"),
    ("ar", "عاجل: انهيار السدّ في وادي خضرا، غادروا المدينــة الآن"),
    ("en", "Doctors say the vaccines don't cause fever in café owners"),
)


def _story(context: Context, source: Source, texts: Sequence[str], lang: str = "en") -> int:
    story = builders.make_story(context, source, texts, lang=lang)
    with context.writing() as session:
        search.rebuild(session, [story.id or 0])
    return story.id or 0


@pytest.fixture
def ids(context: Context, source: Source) -> list[int]:
    return [_story(context, source, [text], lang) for lang, text in TEXTS]


def _found(context: Context, words: str, after: int | None = None, limit: int = 50) -> list[int]:
    with context.reading() as session:
        return [story.id or 0 for story in search.stories(session, words, after, limit)]


def test_words_are_found_in_every_spelling_of_three_languages(context: Context, ids: list[int]) -> None:
    dam, dap, sadd, fever = ids
    expected = {
        "tarn DAM": [dam], "khadradam": [dam], "Khadra": [dap, dam], "dams": [dam],
        "đập vỡ": [dap], "dap vo": [dap], "DAP khadra": [dap], "thung lung": [dap],
        "السد": [sadd], "سد": [sadd], "بالسد": [sadd], "الوادي": [sadd], "المدينة": [sadd],
        "المدينه الان": [sadd], "إنهيار وادى": [sadd],
        "vaccine": [fever], "doctor cafe": [fever], "don't": [fever], "dont": [fever], "dam fever": [],
        "": [], "!!!": [], "https://x.example/dam": [], '"; DROP TABLE post; --': [], "dam' | 'fever": [],
        "tarn tarn tarn": [dam],
    }  # fmt: skip
    assert {words: _found(context, words) for words in expected} == expected


def test_pages_go_on_after_an_id_and_counts_stop_at_a_cap(
    context: Context, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [_story(context, source, [f"The bridge number {n} is closed"]) for n in range(7)]
    newest = ids[::-1]
    first = _found(context, "bridge closed", limit=3)
    second = _found(context, "bridge closed", after=first[-1], limit=3)
    assert [*first, *second, *_found(context, "bridge closed", after=second[-1], limit=3)] == newest
    monkeypatch.setattr(search, "COUNT_CAP", 4)
    with context.reading() as session:
        assert [search.count_stories(session, words) for words in ("bridge", "number 3", "nothing", "")] == [5, 1, 0, 0]


def test_one_story_is_found_by_the_words_of_all_its_posts(context: Context, source: Source) -> None:
    story = _story(context, source, ["The dam has burst"])
    with context.writing() as session:
        post = builders.make_post(session, source.id or 0, "Lakemoor is under water", NOW, story_id=story)
        search.add_posts(session, story, [post])
    assert _found(context, "dam lakemoor") == [story]


def test_words_of_a_story_have_a_limit(context: Context, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "STORY_WORDS", 4)
    story = _story(context, source, ["The dam has burst", "Lakemoor is under water"])
    assert (_found(context, "dam"), _found(context, "lakemoor")) == ([story], [])


def test_merged_and_split_stories_are_found_where_their_posts_are(context: Context, source: Source) -> None:
    one = _story(context, source, ["The dam has burst"])
    other = _story(context, source, ["Lakemoor is under water", "A snake in the canal"])
    ann = _desk(context, "ann")
    with context.writing() as session:
        regrouping.merge(session, ann, one, other, "same")
    assert _found(context, "dam") == [other]
    with context.writing() as session:
        snake = session.exec(select(Post.id).where(col(Post.text).contains("snake"))).one()
        new = regrouping.split(session, ann, other, [snake or 0], "another claim")
    assert (_found(context, "snake"), _found(context, "dam water")) == ([new], [other])


def test_erased_words_are_not_found(context: Context, source: Source) -> None:
    story = _story(context, source, ["The dam has burst", "Lakemoor is under water"])
    with context.writing() as session:
        post = session.exec(select(Post).where(col(Post.text).contains("dam"))).one()
        keeping.erase(session, [post], NOW)
    assert (_found(context, "dam"), _found(context, "lakemoor")) == ([], [story])
    with context.writing() as session:
        keeping.erase(session, session.exec(select(Post)).all(), NOW)
    assert _found(context, "lakemoor") == []


def _index_holds(session: Session, word: bytes) -> bool:
    rows = session.execute(sa.text("SELECT block FROM search_story_words_data")).all()
    return any(word in block for (block,) in rows)


@pytest.mark.parametrize("at_once", [True, False])
def test_erased_words_leave_the_index_too(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    shutil.copyfile(migrated_file, tmp_path / "c.db")
    context = Context(Settings(), tmp_path, Database(f"sqlite:///{tmp_path / 'c.db'}"), KEY, lambda: NOW)
    if not at_once:  # as an older SQLite would have it
        monkeypatch.setattr(search, "erases_at_once", lambda _connection: False)
        with context.writing() as session:
            session.execute(
                sa.text("INSERT INTO search_story_words(search_story_words, rank) VALUES('secure-delete', 0)")
            )
    _story(context, builders.make_source(context), ["The zebra has burst", "Lakemoor is under water"])
    with context.writing() as session:
        assert _index_holds(session, b"zebra")
        keeping.erase(session, session.exec(select(Post).where(col(Post.text).contains("zebra"))).all(), NOW)
    with context.reading() as session:
        assert not _index_holds(session, b"zebra")
    assert len(_found(context, "water")) == 1
    context.db.close()


def test_fact_checks_are_found_however_they_are_stored(context: Context) -> None:
    check = builders.make_fact_check(context, "Đập Khadra đã vỡ", title="Sai: đập vẫn an toàn", lang="vi-VN")
    with context.reading() as session:
        assert [row.id for row in search.fact_checks(session, "dap an toan")] == [check.id]
        assert [row.id for row in factchecks.page(session, "đập vỡ")] == [check.id]
        assert search.count_fact_checks(session, "lakemoor desk") == 1
    with context.writing() as session:
        row = session.get_one(FactCheck, check.id)
        row.claim = "Cầu sắp sập"
        session.add(row)
    with context.reading() as session:
        assert search.fact_checks(session, "khadra") == []
        assert [row.id for row in search.fact_checks(session, "cau sap")] == [check.id]
    with context.writing() as session:
        session.execute(sa.delete(FactCheck))
    with context.reading() as session:
        assert session.exec(select(FactCheckWords)).all() == []
        assert search.count_fact_checks(session, "cau") == 0


def test_what_is_rolled_back_is_not_found(context: Context, source: Source) -> None:
    story = _story(context, source, ["The dam has burst"])
    with pytest.raises(RuntimeError), context.writing() as session:
        builders.make_post(session, source.id or 0, "Lakemoor is under water", NOW, story_id=story)
        search.rebuild(session, [story])
        assert search.count_stories(session, "lakemoor") == 1
        raise RuntimeError
    assert (_found(context, "lakemoor"), _found(context, "dam")) == ([], [story])


def test_a_removed_source_takes_its_words_along(context: Context) -> None:
    sample = builders.make_source(context, "sample", sample=True)
    _story(context, sample, ["The dam has burst"])
    with context.writing() as session:
        sourcing.remove(session, _desk(context, "boss", "supervisor"), "sample", with_posts=True)
    assert _found(context, "dam") == []
    with context.reading() as session:
        assert session.exec(select(StoryWords)).all() == []


def test_an_older_database_is_indexed_when_it_is_upgraded(context: Context, source: Source, ids: list[int]) -> None:
    builders.make_fact_check(context, "The dam has burst")
    module = importlib.import_module("monitor.migrations.versions.2026_11_27_search")
    with context.db.engine.begin() as connection:
        for table in ("story_words", "fact_check_words"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    assert _found(context, "khadra") == []
    with context.db.engine.begin() as connection:
        module._fill_fact_checks(connection)
        module._fill_stories(connection)
    assert _found(context, "khadra") == [ids[1], ids[0]]
    with context.reading() as session:
        assert search.count_fact_checks(session, "burst") == 1
