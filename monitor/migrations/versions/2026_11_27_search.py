"""Full-text search: the words of stories and fact-checks, and an index over them"""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from monitor.comparing.terms import index_words
from monitor.store.search import STORY_WORDS, erases_at_once

revision = "2026_11_27_search"
down_revision = "2026_11_27_second_readings"

_TABLES = (("story_words", "story_id", "story"), ("fact_check_words", "fact_check_id", "fact_check"))


def upgrade() -> None:
    connection = op.get_bind()
    for table, key, parent in _TABLES:
        op.create_table(
            table,
            sa.Column(key, sa.Integer(), nullable=False),
            sa.Column("words", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint([key], [f"{parent}.id"], ondelete="CASCADE"),
            sa.PrimaryKeyConstraint(key),
        )
        for statement in _sqlite(table, key) if connection.dialect.name == "sqlite" else _postgresql(table):
            op.execute(statement)
        if erases_at_once(connection):
            op.execute(f"INSERT INTO search_{table}(search_{table}, rank) VALUES ('secure-delete', 1)")  # noqa: S608
    _fill_fact_checks(connection)
    _fill_stories(connection)


def _fill_fact_checks(connection: sa.Connection) -> None:
    rows = connection.execute(sa.text("SELECT id, claim, title, summary, publisher, lang FROM fact_check")).all()
    for number, *parts, lang in rows:
        found = index_words(" ".join(part for part in parts if part), (lang or "").split("-")[0].lower())
        _put(connection, "fact_check_words", "fact_check_id", number, found)


def _fill_stories(connection: sa.Connection) -> None:
    posts = sa.text(
        "SELECT story_id, title, text, lang FROM post WHERE story_id IS NOT NULL AND copy_of IS NULL"
        " AND erased_at IS NULL ORDER BY story_id, id"
    ).execution_options(yield_per=1000)
    for story, rows in groupby(connection.execute(posts), key=lambda row: row[0]):
        found = set[str]()
        for _, title, text, lang in rows:
            if len(found) < STORY_WORDS:
                found |= index_words(f"{title or ''} {text}", lang)
        _put(connection, "story_words", "story_id", story, found)


def _put(connection: sa.Connection, table: str, key: str, number: int, words: set[str]) -> None:
    row = {"key": number, "words": " ".join(sorted(words))}
    connection.execute(sa.text(f"INSERT INTO {table} ({key}, words) VALUES (:key, :words)"), row)  # noqa: S608 - our own names


def _sqlite(table: str, key: str) -> list[str]:
    # Words are folded before they come here, so the tokenizer only has to split at blanks: "ascii" does. Which words
    # stand where is not kept (detail=none), and the texts stay in our own table (content=).
    fts = f"search_{table}"
    added = f"INSERT INTO {fts}(rowid, words) VALUES (new.{key}, new.words);"  # noqa: S608 - our own names
    gone = f"INSERT INTO {fts}({fts}, rowid, words) VALUES ('delete', old.{key}, old.words);"  # noqa: S608
    return [
        f"CREATE VIRTUAL TABLE {fts} USING fts5("
        f"words, content='{table}', content_rowid='{key}', tokenize='ascii', detail=none, columnsize=0)",
        f"CREATE TRIGGER {fts}_added AFTER INSERT ON {table} BEGIN {added} END",
        f"CREATE TRIGGER {fts}_gone AFTER DELETE ON {table} BEGIN {gone} END",
        f"CREATE TRIGGER {fts}_changed AFTER UPDATE ON {table} BEGIN {gone} {added} END",
    ]


def _postgresql(table: str) -> list[str]:
    return [f"CREATE INDEX search_{table} ON {table} USING gin (array_to_tsvector(string_to_array(words, ' ')))"]
