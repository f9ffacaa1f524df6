"""What the weekly summary counts: every query takes its bounds, so that a closed week reads the same later.

Bounds are half-open, [start, end), on times of our own clock. Percentiles and states "as of" a moment are worked out in
Python from these rows (``monitor.summaries.facts``), the same way on both databases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from monitor.models import CollectRun, Decision, Event, Post, PostRun, Report, Response, Source, Story
from monitor.store.queue import Lens, filtered
from monitor.vocabulary import IN_REVIEW, QUEUED, TIP

SUCCESS = ("ok", "not_modified")
"""Outcome words of a try that really asked the source and got its answer."""

_CHUNK = 1000
Row = TypeVar("Row", bound=SQLModel)
_LIST_CAP = 1_000_000

_POST_COLUMNS: Mapping[str, Any] = {
    "lang": Post.lang,
    "platform": Post.platform,
    "source": Post.source_id,
    "story": Post.story_id,
    "triage": Post.triage,
    "stance": Post.stance,
}


@dataclass(frozen=True)
class PostTotals:
    """Posts first stored in a span; posts without a known author count together as one author."""

    posts: int
    authors: int
    copies: int
    unscored: int


@dataclass(frozen=True)
class StoryPosts:
    """Posts of one story in a span, and their distinct authors."""

    posts: int
    authors: int


def first_post_at(session: Session) -> datetime | None:
    """Return when the first post was stored."""
    return session.exec(select(Post.seen_at).order_by(col(Post.seen_at)).limit(1)).first()


def _seen(start: datetime, end: datetime) -> tuple[Any, ...]:
    """Posts first stored in a span. A tip is a request, not a post that spread."""
    return *_stored(start, end), col(Post.kind) != TIP


def _stored(start: datetime, end: datetime) -> tuple[Any, Any]:
    return col(Post.seen_at) >= start, col(Post.seen_at) < end


def _posts_of(only: Lens | None) -> tuple[Any, ...]:
    return () if only is None else (col(Post.story_id).in_(stories_of(only)),)


def stories_of(only: Lens) -> Any:
    """Return the query of the ids of a lens' stories, whatever their state: that changes, what they are does not."""
    lasting = replace(only, status="", mine=None, reader=None, escalated=False, waits_since=None, seen_after=None)
    return filtered(select(Story.id), lasting)


def _authors() -> Any:
    return sa.func.count(sa.distinct(sa.func.coalesce(col(Post.author_key), "")))


def post_totals(session: Session, start: datetime, end: datetime, only: Lens | None = None) -> PostTotals:
    row = session.execute(
        sa.select(
            sa.func.count(),
            _authors(),
            sa.func.count(col(Post.copy_of)),
            sa.func.coalesce(sa.func.sum(sa.case((col(Post.triage) == "not_scored", 1), else_=0)), 0),
        ).where(*_seen(start, end), *_posts_of(only))
    ).one()
    return PostTotals(*(int(value) for value in row))


def post_count(session: Session, start: datetime, end: datetime, only: Lens | None = None) -> int:
    """Return posts first stored in a span."""
    query = sa.select(sa.func.count()).select_from(Post).where(*_seen(start, end), *_posts_of(only))
    return int(session.execute(query).scalar_one())


def posts_of_story(session: Session, story_id: int, start: datetime, end: datetime) -> int:
    """Return a story's posts first stored in a span."""
    query = sa.select(sa.func.count()).select_from(Post).where(*_seen(start, end), col(Post.story_id) == story_id)
    return int(session.execute(query).scalar_one())


def posts_by(
    session: Session, start: datetime, end: datetime, column: str, only: Lens | None = None
) -> list[tuple[Any, int]]:
    """Return (value, posts) for ``lang``, ``platform`` or ``source``; most posts first, then by value."""
    found = _POST_COLUMNS[column]
    query = sa.select(found, sa.func.count()).where(*_seen(start, end), *_posts_of(only)).group_by(found)
    rows = session.execute(query).all()
    return sorted(((value, int(count)) for value, count in rows), key=lambda row: (-row[1], str(row[0])))


def post_ids(
    session: Session, start: datetime, end: datetime, where: Mapping[str, Any], only: Lens | None = None
) -> list[int]:
    """Return the ids of posts first stored in the span for which every column of ``where`` has that value.

    Beside the columns of ``posts_by``, ``copy`` (true or false) tells copies from first posts.
    """
    query = select(Post.id).where(*_listed(start, end, where, only)).order_by(col(Post.id)).limit(_LIST_CAP)
    return [int(n) for n in session.exec(query).all() if n is not None]


def post_page(
    session: Session,
    start: datetime,
    end: datetime,
    where: Mapping[str, Any],
    only: Lens | None,
    after: int,
    limit: int,
) -> tuple[int, list[int]]:
    """Return how many posts ``post_ids`` would give, and the ``limit`` of them that follow the id ``after``."""
    wanted = _listed(start, end, where, only)
    total = session.execute(sa.select(sa.func.count()).select_from(Post).where(*wanted)).scalar_one()
    query = select(Post.id).where(*wanted, col(Post.id) > after).order_by(col(Post.id)).limit(limit)
    return int(total), [int(n) for n in session.exec(query).all() if n is not None]


def _listed(start: datetime, end: datetime, where: Mapping[str, Any], only: Lens | None) -> list[Any]:
    found = [*_seen(start, end), *_posts_of(only)]
    for name, value in where.items():
        if name == "copy":
            found.append(col(Post.copy_of).is_not(None) if value else col(Post.copy_of).is_(None))
        else:
            column = sa.type_coerce(_POST_COLUMNS[name], _POST_COLUMNS[name].type)
            found.append(column.is_(None) if value is None else column == value)
    return found


def story_posts(
    session: Session, start: datetime, end: datetime, story_ids: Sequence[int] | None = None, only: Lens | None = None
) -> dict[int, StoryPosts]:
    """Return posts and authors per story in the span: of ``story_ids``, or of every story queued before ``end``."""
    query = sa.select(Post.story_id, sa.func.count(), _authors()).where(*_seen(start, end))  # type: ignore[call-overload]
    if story_ids is None:
        queued = sa.select(Story.id).where(col(Story.queued_at) < end, col(Story.merged_into).is_(None))  # type: ignore[call-overload]
        if only is not None:
            queued = queued.where(col(Story.id).in_(stories_of(only)))
        rows = session.execute(query.where(col(Post.story_id).in_(queued)).group_by(col(Post.story_id))).all()
        return {int(n): StoryPosts(int(posts), int(authors)) for n, posts, authors in rows}
    found: dict[int, StoryPosts] = {}
    for chunk in chunks(story_ids):
        part = query.where(col(Post.story_id).in_(chunk)).group_by(col(Post.story_id))
        found |= {int(n): StoryPosts(int(posts), int(authors)) for n, posts, authors in session.execute(part).all()}
    return found


def story_values(session: Session, start: datetime, end: datetime, column: str, story_id: int) -> list[Any]:
    """Return the known values of a column among a story's posts in the span, most frequent first."""
    found = _POST_COLUMNS[column]
    rows = session.execute(
        sa.select(found, sa.func.count()).where(*_seen(start, end), col(Post.story_id) == story_id).group_by(found)
    ).all()
    known = [(value, count) for value, count in rows if value is not None]
    return [value for value, _ in sorted(known, key=lambda row: (-row[1], str(row[0])))]


def asking(
    session: Session, start: datetime, end: datetime, only: Lens | None = None
) -> dict[int, tuple[int, datetime]]:
    """Return per story: posts in the span that ask whether it is true, tips too, and when the oldest was stored."""
    asks = sa.or_(col(Post.stance) == "asks", col(Post.kind) == TIP)
    rows = session.execute(
        sa.select(Post.story_id, sa.func.count(), sa.func.min(col(Post.seen_at)))  # type: ignore[call-overload]
        .where(*_stored(start, end), asks, col(Post.story_id).is_not(None), *_posts_of(only))
        .group_by(col(Post.story_id))
    ).all()
    return {int(n): (int(count), oldest) for n, count, oldest in rows}


def stories_created(session: Session, start: datetime, end: datetime, only: Lens | None = None) -> list[int]:
    query = select(Story.id).where(
        col(Story.created_at) >= start, col(Story.created_at) < end, col(Story.merged_into).is_(None)
    )
    if only is not None:
        query = query.where(col(Story.id).in_(stories_of(only)))
    return [int(n) for n in session.exec(query.order_by(col(Story.id))).all() if n is not None]


def touched(session: Session, since: datetime, end: datetime, only: Lens | None = None) -> Sequence[Story]:
    """Return every story whose place in the queue may have mattered between ``since`` and ``end``.

    A superset: still open, or queued, opened, decided, undone or answered since ``since``; merged ones included.
    """
    decided = select(Decision.story_id).where(sa.or_(col(Decision.at) >= since, col(Decision.undone_at) >= since))
    answered = select(Response.story_id).where(
        sa.or_(col(Response.at) >= since, col(Response.undone_at) >= since, col(Response.outcome_at) >= since)
    )
    within = () if only is None else (col(Story.id).in_(stories_of(only)),)
    return session.exec(
        select(Story)
        .where(
            col(Story.created_at) < end,
            *within,
            sa.or_(
                col(Story.status).in_((QUEUED, IN_REVIEW)),
                col(Story.queued_at) >= since,
                col(Story.opened_at) >= since,
                col(Story.id).in_(decided),
                col(Story.id).in_(answered),
            ),
        )
        .order_by(col(Story.id))
    ).all()


def stories(session: Session, ids: Sequence[int]) -> list[Story]:
    found: list[Story] = []
    for chunk in chunks(ids):
        found += session.exec(select(Story).where(col(Story.id).in_(chunk)).order_by(col(Story.id))).all()
    return found


def by_ids(session: Session, table: type[Row], ids: Sequence[int]) -> list[Row]:
    """Return the rows of a table with these ids, in their order."""
    found: list[Row] = []
    number = sa.inspect(table).primary_key[0]
    for chunk in chunks(ids):
        found += session.exec(select(table).where(number.in_(chunk)).order_by(number)).all()
    return found


def decisions(session: Session, story_ids: Sequence[int], end: datetime) -> list[Decision]:
    """Return decisions on the stories made before ``end``, undone ones included, oldest first."""
    found: list[Decision] = []
    for chunk in chunks(story_ids):
        query = select(Decision).where(col(Decision.story_id).in_(chunk), col(Decision.at) < end)
        found += session.exec(query).all()
    return sorted(found, key=lambda row: (row.at, row.id or 0))


def responses(
    session: Session, end: datetime, story_ids: Sequence[int] | None = None, only: Lens | None = None
) -> list[Response]:
    """Return responses logged before ``end`` (of some stories), withdrawn ones included, oldest first."""
    query = select(Response).where(col(Response.at) < end).order_by(col(Response.at), col(Response.id))
    if only is not None:
        query = query.where(col(Response.story_id).in_(stories_of(only)))
    if story_ids is None:
        return list(session.exec(query).all())
    found: list[Response] = []
    for chunk in chunks(story_ids):
        found += session.exec(query.where(col(Response.story_id).in_(chunk))).all()
    return found


def events(session: Session, actions: Sequence[str], start: datetime, end: datetime | None = None) -> Sequence[Event]:
    """Return events of these kinds since ``start`` (and before ``end``), in order."""
    query = select(Event).where(col(Event.action).in_(actions), col(Event.at) >= start)
    if end is not None:
        query = query.where(col(Event.at) < end)
    return session.exec(query.order_by(col(Event.seq))).all()


def setting_version(session: Session, action: str, end: datetime) -> int:
    """Return how often a setting had been changed before ``end``: its version, 0 for what came built in."""
    query = sa.select(sa.func.count()).select_from(Event).where(col(Event.action) == action, col(Event.at) < end)
    return int(session.execute(query).scalar_one())


def head_before(session: Session, end: datetime) -> tuple[int, str] | None:
    """Return number and hash of the last event written before ``end``."""
    query = select(Event.seq, Event.hash).where(col(Event.at) < end).order_by(col(Event.seq).desc()).limit(1)
    row = session.exec(query).first()
    return (row[0], row[1]) if row else None


def sources_before(session: Session, end: datetime) -> Sequence[Source]:
    return session.exec(select(Source).where(col(Source.created_at) < end).order_by(col(Source.id))).all()


def tries(session: Session, start: datetime, end: datetime) -> list[tuple[int, datetime, str]]:
    """Return (source, started at, outcome) of every try in the span, in order of time."""
    rows = session.execute(
        sa.select(CollectRun.source_id, CollectRun.started_at, CollectRun.outcome)  # type: ignore[call-overload]
        .where(col(CollectRun.started_at) >= start, col(CollectRun.started_at) < end)
        .order_by(col(CollectRun.started_at), col(CollectRun.id))
    ).all()
    return [(int(source), at, str(outcome)) for source, at, outcome in rows]


def last_success(session: Session, before: datetime) -> dict[int, datetime]:
    """Return per source when its last good try before ``before`` started."""
    rows = session.execute(
        sa.select(CollectRun.source_id, sa.func.max(col(CollectRun.started_at)))  # type: ignore[call-overload]
        .where(col(CollectRun.started_at) < before, col(CollectRun.outcome).in_(SUCCESS))
        .group_by(col(CollectRun.source_id))
    ).all()
    return {int(source): at for source, at in rows}


def models_used(session: Session, start: datetime, end: datetime) -> list[str]:
    query = select(PostRun.model).where(col(PostRun.at) >= start, col(PostRun.at) < end).distinct()
    return sorted(session.exec(query).all())


def schema(session: Session) -> str:
    """Return the revision of the database schema."""
    return str(session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())


def report(session: Session, week: str) -> Report | None:
    """Return the newest revision of a week's summary."""
    return session.exec(
        select(Report).where(Report.week == week).order_by(col(Report.revision).desc()).limit(1)
    ).first()


def weeks_reported(session: Session) -> set[str]:
    return set(session.exec(select(Report.week).distinct()).all())


def chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK)]
