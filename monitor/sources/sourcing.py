"""What people do to sources: add, pause, resume, check now, remove. Each leaves an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.acting import Desk, require
from monitor.errors import Conflict, Invalid
from monitor.events import record
from monitor.models import (
    Alarm,
    Backfill,
    CollectRun,
    Decision,
    FactCheck,
    Post,
    PostRevision,
    PostRun,
    PostVector,
    RawItemRow,
    Response,
    Source,
    SourceDay,
    Step,
    Story,
    StoryChange,
    StoryChangePost,
    StoryMatch,
    Tip,
)
from monitor.store import sources as store
from monitor.vocabulary import SUPERVISOR

Checker = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Raises ``Invalid`` when a kind is unknown or its options are wrong; returns the options as logs may show them."""


def add(
    session: Session, desk: Desk, check: Checker, *, name: str, kind: str, options: Mapping[str, Any],
    every_seconds: int = 900, sample: bool = False,
) -> Source:  # fmt: skip
    """Create a source that is due at once."""
    require(desk, SUPERVISOR)
    if not name.strip():
        raise Invalid("A source needs a name.")
    if store.by_name(session, name.strip()) is not None:
        raise Conflict(f"There is already a source named '{name}'.")
    shown = check(kind, options)
    source = Source(
        name=name.strip()[:200],
        kind=kind,
        options=dict(options),
        every_seconds=every_seconds,
        sample=sample,
        next_poll_at=desk.now,
        created_at=desk.now,
    )
    session.add(source)
    session.flush()
    _log(session, desk, "source.added", source, {"kind": kind, "options": dict(shown)})
    return source


def set_enabled(session: Session, desk: Desk, name: str, enabled: bool) -> Source:
    """Pause or resume a source; a resumed one is due at once and forgets its failures."""
    require(desk, SUPERVISOR)
    source = find(session, name)
    source.enabled = enabled
    if enabled:
        source.failures, source.next_poll_at = 0, desk.now
    session.add(source)
    _log(session, desk, "source.resumed" if enabled else "source.paused", source)
    return source


def check_now(session: Session, desk: Desk, name: str) -> Source:
    """Make a source due at once."""
    require(desk, SUPERVISOR)
    source = find(session, name)
    source.next_poll_at = desk.now
    session.add(source)
    _log(session, desk, "source.check_asked", source)
    return source


def find(session: Session, name: str) -> Source:
    """Return the source of that name or raise ``Invalid``."""
    source = store.by_name(session, name)
    if source is None:
        raise Invalid(f"There is no source named '{name}'; 'claimwatch sources list' shows them.")
    return source


def remove(session: Session, desk: Desk, name: str, *, with_posts: bool) -> int:
    """Remove a source; with its posts and the stories only they made when ``with_posts``. Returns posts removed.

    Without ``with_posts`` a source that has posts is refused, since its posts would lose their origin: pause it.
    """
    require(desk, SUPERVISOR)
    source = find(session, name)
    posts = select(Post.id).where(Post.source_id == source.id)
    count = session.exec(select(sa.func.count()).select_from(posts.subquery())).one()
    if count and not with_posts:
        raise Conflict(f"'{name}' has {count} posts: pause it instead, or remove it with its posts (--with-posts).")
    stories = set(session.exec(select(Post.story_id).where(Post.source_id == source.id).distinct()).all()) - {None}
    _delete_posts(session, source, posts)
    _delete_empty_stories(session, {int(s) for s in stories if s is not None})
    if source.sample:
        session.execute(sa.delete(StoryMatch).where(col(StoryMatch.fact_check_id).in_(
            select(FactCheck.id).where(col(FactCheck.sample).is_(True)))))  # fmt: skip
        session.execute(sa.delete(FactCheck).where(col(FactCheck.sample).is_(True)))
    _log(session, desk, "source.removed", source, {"posts": count})
    for table in (CollectRun, SourceDay, Backfill):
        session.execute(sa.delete(table).where(col(table.source_id) == source.id))
    session.delete(source)
    return count


def _delete_posts(session: Session, source: Source, posts: Any) -> None:
    session.execute(sa.delete(RawItemRow).where(col(RawItemRow.source_id) == source.id))
    session.execute(
        sa.update(Post)
        .where(col(Post.copy_of).in_(posts))
        .values(copy_of=None)
        .execution_options(synchronize_session=False)
    )
    for table in (Tip, StoryChangePost, PostRevision, PostRun, PostVector):
        session.execute(sa.delete(table).where(table.post_id.in_(posts)))  # type: ignore[attr-defined]
    session.execute(sa.delete(Post).where(col(Post.source_id) == source.id))


def _delete_empty_stories(session: Session, stories: set[int]) -> None:
    empty = set(stories)
    for chunk in _chunks(sorted(stories)):
        empty -= set(session.exec(select(Post.story_id).where(col(Post.story_id).in_(chunk))).all())
    empty |= _merged_into(session, empty)
    for chunk in _chunks(sorted(empty)):
        changes = sa.or_(col(StoryChange.from_story_id).in_(chunk), col(StoryChange.story_id).in_(chunk))
        told = select(StoryChange.id).where(changes)
        session.execute(sa.delete(Alarm).where(col(Alarm.story_id).in_(chunk)))
        session.execute(sa.delete(StoryChangePost).where(col(StoryChangePost.change_id).in_(told)))
        session.execute(sa.delete(StoryChange).where(changes))
        for table in (StoryMatch, Decision, Response, Step):
            session.execute(sa.delete(table).where(table.story_id.in_(chunk)))  # type: ignore[attr-defined]
    for chunk in _chunks(sorted(empty)):
        session.execute(sa.update(Story).where(col(Story.id).in_(chunk)).values(merged_into=None))
    for chunk in _chunks(sorted(empty)):
        session.execute(sa.delete(Story).where(col(Story.id).in_(chunk)))


def _merged_into(session: Session, stories: set[int]) -> set[int]:
    """Return the stories that were merged into one of these, however many times over."""
    found, new = set[int](), set(stories)
    while new:
        rows = set[int | None]()
        for chunk in _chunks(sorted(new)):
            rows |= set(session.exec(select(Story.id).where(col(Story.merged_into).in_(chunk))).all())
        new = {number for number in rows if number is not None} - stories - found
        found |= new
    return found


def _chunks(ids: list[int], size: int = 500) -> list[list[int]]:
    return [ids[i : i + size] for i in range(0, len(ids), size)]


def _log(session: Session, desk: Desk, action: str, source: Source, details: Mapping[str, Any] | None = None) -> None:
    record(
        session,
        desk.key,
        desk.now,
        desk.actor,
        action,
        f"source:{source.id}",
        "ok",
        {"name": source.name, **(details or {})},
    )
