"""Full-text search over stories and fact-checks in three languages: SQLite FTS5, PostgreSQL GIN.

One row per story and fact-check holds its different words, folded: Vietnamese with and without diacritics and Arabic in
all spellings of its letters meet, English and Arabic words also by their stem. Rows are written in the transaction of
what they describe; on SQLite triggers carry them into the FTS5 tables. Results come newest first, since that order
needs no sorting however common a word is; pages go on after an id; counts stop at a cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from monitor.comparing.terms import index_words, query_words
from monitor.db import sqlite_module
from monitor.models import FactCheck, FactCheckWords, Post, Story, StoryWords

PAGE = 50
COUNT_CAP = 1_000
QUERY_WORDS = 8
STORY_WORDS = 4_000
"""Different words kept of a story, those of its first posts: enough for hundreds of wordings."""

_STORY_POSTS = 2_000


def stories(session: Session, words: str, after: int | None = None, limit: int = PAGE) -> Sequence[Story]:
    """Return stories that hold all words of a query, newest story first; ``after`` is the last id seen."""
    return _rows(session, Story, _ids(session, StoryWords, words, after, limit))


def fact_checks(session: Session, words: str, after: int | None = None, limit: int = PAGE) -> Sequence[FactCheck]:
    """Return fact-checks whose claim, title, summary or publisher hold all words, newest row first."""
    return _rows(session, FactCheck, _ids(session, FactCheckWords, words, after, limit))


def count_stories(session: Session, words: str) -> int:
    """Return how many stories are found, counting no further than ``COUNT_CAP`` + 1."""
    return _count(session, StoryWords, words)


def count_fact_checks(session: Session, words: str) -> int:
    """Return how many fact-checks are found, counting no further than ``COUNT_CAP`` + 1."""
    return _count(session, FactCheckWords, words)


def add_posts(session: Session, story_id: int, posts: Iterable[Post]) -> None:
    """Let a story be found by the words of posts that joined it."""
    row = session.get(StoryWords, story_id)
    known = set(row.words.split()) if row else set[str]()
    found = _joined(known, posts)
    if row is None:
        session.add(StoryWords(story_id=story_id, words=" ".join(sorted(found))))
    elif found != known:
        row.words = " ".join(sorted(found))
        session.add(row)


def rebuild(session: Session, story_ids: Iterable[int]) -> None:
    """Read the words of stories anew from their posts: after moves, and after words were erased."""
    session.flush()
    for story_id in sorted(set(story_ids)):
        posts = session.exec(
            select(Post)
            .where(Post.story_id == story_id, col(Post.copy_of).is_(None), col(Post.erased_at).is_(None))
            .order_by(col(Post.id))
            .limit(_STORY_POSTS)
        ).all()
        found = _joined(set(), posts)
        row = session.get(StoryWords, story_id)
        if found:
            row = row or StoryWords(story_id=story_id)
            row.words = " ".join(sorted(found))
            session.add(row)
        elif row is not None:
            session.delete(row)
    session.flush()


def purge(session: Session) -> None:
    """Let no erased word stay inside the index: FTS5 only marks rows as gone unless it erases at once."""
    connection = session.connection()
    if connection.dialect.name == "sqlite" and not erases_at_once(connection):
        session.flush()
        for name in ("search_story_words", "search_fact_check_words"):
            session.execute(sa.text(f"INSERT INTO {name}({name}) VALUES ('optimize')"))  # noqa: S608 - our own names


def erases_at_once(connection: sa.Connection) -> bool:
    """Whether this is an SQLite whose FTS5 can take words out on deleting (3.42 and later)."""
    return connection.dialect.name == "sqlite" and sqlite_module().sqlite_version_info >= (3, 42, 0)


def _joined(known: set[str], posts: Iterable[Post]) -> set[str]:
    found = set(known)
    for post in posts:
        if len(found) >= STORY_WORDS:
            break
        found |= index_words(f"{post.title or ''} {post.text}", post.lang)
    return found


def _words_of(row: FactCheck) -> str:
    if row.withdrawn_at is not None:
        return ""
    text = " ".join(part for part in (row.claim, row.title, row.summary, row.publisher) if part)
    return " ".join(sorted(index_words(text, (row.lang or "").split("-")[0].lower())))


def _keep_fact_check(_mapper: Any, connection: sa.Connection, row: FactCheck) -> None:
    """Write the words of a fact-check beside it, whoever stores it: nobody can forget to."""
    table = FactCheckWords.__table__  # type: ignore[attr-defined]
    words = _words_of(row)
    done = connection.execute(sa.update(table).where(table.c.fact_check_id == row.id).values(words=words))
    if not done.rowcount:
        connection.execute(sa.insert(table).values(fact_check_id=row.id, words=words))


sa.event.listen(FactCheck, "after_insert", _keep_fact_check)
sa.event.listen(FactCheck, "after_update", _keep_fact_check)


def _rows(session: Session, table: type[Any], ids: Sequence[int]) -> list[Any]:
    found = {row.id: row for row in session.exec(select(table).where(col(table.id).in_(ids))).all()}
    return [found[number] for number in ids if number in found]


def _ids(session: Session, table: type[SQLModel], words: str, after: int | None, limit: int) -> list[int]:
    query = _matching(session, table, words)
    if query is None:
        return []
    key = query.selected_columns[0]
    if after is not None:
        query = query.where(key < after)
    return [int(number) for (number,) in session.execute(query.order_by(key.desc()).limit(limit)).all()]


def _count(session: Session, table: type[SQLModel], words: str) -> int:
    query = _matching(session, table, words)
    if query is None:
        return 0
    inner = query.limit(COUNT_CAP + 1).subquery()
    return int(session.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())


def _matching(session: Session, table: type[SQLModel], words: str) -> sa.Select[Any] | None:
    """Return a query for the ids of rows that hold every word in one of its forms; ``None`` without any word."""
    groups = query_words(words)[:QUERY_WORDS]
    if not groups:
        return None
    rows = table.__table__  # type: ignore[attr-defined]
    key = next(iter(rows.primary_key))
    if session.get_bind().dialect.name == "postgresql":
        wanted = " & ".join("(" + " | ".join(f"'{word}'" for word in sorted(group)) + ")" for group in groups)
        vector = sa.func.array_to_tsvector(sa.func.string_to_array(rows.c.words, " "))
        return sa.select(key).where(vector.op("@@")(sa.cast(wanted, _TsQuery())))
    name = f"search_{rows.name}"
    fts = sa.table(name, sa.column("rowid", sa.Integer), sa.column(name))
    wanted = " AND ".join("(" + " OR ".join(f'"{word}"' for word in sorted(group)) + ")" for group in groups)
    return sa.select(fts.c.rowid).where(fts.c[name].op("MATCH")(wanted))


class _TsQuery(sa.types.UserDefinedType[str]):
    """PostgreSQL's type of queries; quoted words in it are taken as they are."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsquery"
