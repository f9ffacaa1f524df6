"""Rows of one page of a source: what is known is looked up once, what is new inserted together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from monitor.models import FactCheck, Post, PostRevision, RawItemRow

CHUNK = 500
"""Values in one statement; SQLite's older builds take 999."""


def stand_in_line(session: Session) -> None:
    """Let one transaction store at a time, as SQLite does by itself: two sources may bring the same post at once."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(72617003)"))


def posts_by_keys(session: Session, kind: str, keys: Iterable[str]) -> dict[str, Post]:
    """Return the known posts of ``kind`` among external ids."""
    found: dict[str, Post] = {}
    for chunk in _chunks(keys):
        rows = session.exec(select(Post).where(Post.kind == kind, col(Post.external_id).in_(chunk))).all()
        found |= {post.external_id: post for post in rows}
    return found


def raw_marks(session: Session, source_id: int, external_ids: Iterable[str]) -> set[tuple[str, str]]:
    """Return (external id, digest) of the raw items that are kept already."""
    found: set[tuple[str, str]] = set()
    for chunk in _chunks(external_ids):
        rows = session.exec(
            select(RawItemRow.external_id, RawItemRow.digest).where(
                RawItemRow.source_id == source_id, col(RawItemRow.external_id).in_(chunk)
            )
        ).all()
        found |= {(external_id, digest) for external_id, digest in rows}
    return found


def fact_checks_by_ids(session: Session, external_ids: Iterable[str]) -> dict[str, FactCheck]:
    """Return the known fact-checks among external ids."""
    found: dict[str, FactCheck] = {}
    for chunk in _chunks(external_ids):
        rows = session.exec(select(FactCheck).where(col(FactCheck.external_id).in_(chunk))).all()
        found |= {row.external_id: row for row in rows}
    return found


def insert_posts(session: Session, kind: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert posts of one kind; return their ids by external id. Columns that are not given get their defaults."""
    _insert(session, Post, rows)
    ids: dict[str, int] = {}
    for chunk in _chunks(row["external_id"] for row in rows):
        found = session.exec(
            select(Post.external_id, Post.id).where(Post.kind == kind, col(Post.external_id).in_(chunk))
        ).all()
        ids |= {external_id: number or 0 for external_id, number in found}
    return ids


def insert_revisions(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    _insert(session, PostRevision, rows)


def insert_raw(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    _insert(session, RawItemRow, rows)


def mark_deleted(session: Session, author_key: str, now: datetime) -> int:
    """Mark every post of an author as deleted at its source; return how many were not yet."""
    done = session.execute(
        sa.update(Post)
        .where(col(Post.author_key) == author_key, col(Post.deleted_at).is_(None))
        .values(deleted_at=now)
        .execution_options(synchronize_session="evaluate")
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _insert(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    fields = {name: field for name, field in table.model_fields.items() if name != "id" and not field.is_required()}
    blank = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
    session.execute(sa.insert(table.__table__), [{**blank, **row} for row in rows])  # type: ignore[attr-defined]


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    known = list(dict.fromkeys(values))
    for start in range(0, len(known), CHUNK):
        yield known[start : start + CHUNK]
