"""Responses: what is due, and answers that were given before to the same or a similar claim."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import FactCheck, Post, Response, Story, StoryMatch
from monitor.vocabulary import OPEN_OUTCOMES, REPEATABLE

DUE_CAP = 99
"""The header counts no further."""


def _open(until: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Response.follow_up_at) <= until,
        col(Response.outcome).in_(OPEN_OUTCOMES),
        col(Response.undone_at).is_(None),
    )


def _but(without: Collection[int]) -> tuple[sa.ColumnElement[bool], ...]:
    return (col(Response.story_id).not_in(without),) if without else ()


def due_count(session: Session, now: datetime, without: Collection[int] = ()) -> int:
    """Return how many responses wait for a second look, counting no further than ``DUE_CAP`` + 1."""
    return int(session.execute(_DUE, {"now": now, "without": list(without)}).scalar_one())


def _counting() -> sa.Select[int]:
    without = col(Response.story_id).not_in(sa.bindparam("without", expanding=True))
    found = select(Response.id).where(*_open(sa.bindparam("now")), without).limit(DUE_CAP + 1).subquery()
    return sa.select(sa.func.count()).select_from(found)


_DUE = _counting()
"""Every page asks it: put together once."""


def due(
    session: Session, until: datetime, *, person_id: int | None = None, after: tuple[datetime, int] | None = None,
    without: Collection[int] = (), limit: int = 50,
) -> Sequence[tuple[Response, Story]]:  # fmt: skip
    """Return responses to look at again by ``until``, most overdue first, but for those of the stories ``without``.

    ``after`` is the last seen (date, id).
    """
    query = select(Response, Story).join(Story, col(Response.story_id) == Story.id).where(*_open(until), *_but(without))
    if person_id is not None:
        query = query.where(Response.person_id == person_id)
    if after is not None:
        later = sa.and_(col(Response.follow_up_at) == after[0], col(Response.id) > after[1])
        query = query.where(sa.or_(col(Response.follow_up_at) > after[0], later))
    return session.exec(query.order_by(col(Response.follow_up_at), col(Response.id)).limit(limit)).all()


def is_post_link(session: Session, story_id: int, link: str) -> bool:
    """Whether ``link`` is the address of one of the story's posts."""
    query = select(Post.id).where(Post.story_id == story_id, Post.url == link).limit(1)
    return bool(link) and session.exec(query).first() is not None


def post_links(session: Session, story_id: int, limit: int = 50) -> list[str]:
    """Return the addresses of the story's newest posts."""
    return [link for link in session.exec(_LINKS, params={"story": story_id, "limit": limit}).all() if link]


_LINKS = (
    select(Post.url)
    .where(Post.story_id == sa.bindparam("story"), col(Post.url).is_not(None))
    .order_by(col(Post.id).desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


def siblings(session: Session, story_id: int, limit: int = 200) -> list[int]:
    """Return stories with the same claim: matched to the same fact-check, or with a post copied word for word."""
    same_check = session.exec(_SAME_CHECK, params={"story": story_id, "limit": limit}).all()
    keys = set(session.exec(_KEYS, params={"story": story_id}).all())
    copied = session.exec(_COPIED, params={"keys": list(keys), "story": story_id, "limit": limit}).all() if keys else ()
    return sorted({int(number) for number in (*same_check, *copied) if number is not None} - {story_id})


# What every story page asks is put together once.
_STORY = sa.bindparam("story", type_=sa.Integer)
_LIMIT: Any = sa.bindparam("limit", type_=sa.Integer)
_CHECKS = select(StoryMatch.fact_check_id).where(
    StoryMatch.story_id == _STORY,
    sa.or_(
        col(StoryMatch.state) == "confirmed",
        sa.and_(col(StoryMatch.state) == "suggested", col(StoryMatch.band) == "sure"),
    ),
)
_SAME_CHECK = (
    select(StoryMatch.story_id)
    .where(col(StoryMatch.fact_check_id).in_(_CHECKS), StoryMatch.state == "confirmed")
    .limit(_LIMIT)
)
_KEYS = (
    select(Post.copy_key)
    .where(Post.story_id == _STORY, Post.copy_key != "", col(Post.copy_of).is_(None))
    .order_by(col(Post.id).desc())
    .limit(20)
)
_COPIED = (
    select(Post.story_id)
    .where(
        col(Post.copy_key).in_(sa.bindparam("keys", expanding=True)), col(Post.story_id).is_not(None),
        Post.story_id != _STORY,
    )
    .distinct()
    .limit(_LIMIT)
)  # fmt: skip


def answers(session: Session, story_ids: Sequence[int], limit: int = 20) -> Sequence[Response]:
    """Return answers given to these stories that could be given again, newest first."""
    if not story_ids:
        return []
    return session.exec(
        select(Response)
        .where(
            col(Response.story_id).in_(story_ids),
            col(Response.action).in_(REPEATABLE),
            col(Response.undone_at).is_(None),
            sa.or_(col(Response.link).is_not(None), col(Response.text) != ""),
        )
        .order_by(col(Response.id).desc())
        .limit(limit)
    ).all()


def of_story(session: Session, story_id: int) -> Sequence[Response]:
    """Return the responses of a story that stand."""
    return session.exec(_STANDING, params={"story": story_id}).all()


_STANDING = select(Response).where(Response.story_id == _STORY, col(Response.undone_at).is_(None))


def confirmed_checks(session: Session, story_id: int) -> Sequence[FactCheck]:
    """Return fact-checks that a person said answer the story and that have an address."""
    return session.exec(_CONFIRMED, params={"story": story_id}).all()


_CONFIRMED = (
    select(FactCheck)
    .join(StoryMatch, col(StoryMatch.fact_check_id) == FactCheck.id)
    .where(
        StoryMatch.story_id == _STORY,
        StoryMatch.state == "confirmed",
        col(FactCheck.url).is_not(None),
        col(FactCheck.withdrawn_at).is_(None),
    )
    .order_by(col(FactCheck.id).desc())
)
