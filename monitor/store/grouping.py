"""Counting what a story is made of, and the rows that ranking needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import FactCheck, Post, PostRun, PostVector, Source, Story, StoryMatch
from monitor.vocabulary import DECIDED, TIP

SAMPLED_RUNS = 200
"""Scores of a story are means over its newest so many machine runs: enough for a mean, and cheap for 200,000 posts."""


@dataclass(frozen=True)
class Counts:
    posts: int
    authors: int
    denying: int
    asking: int
    unscored: int
    reach: int | None
    first: datetime | None
    last: datetime | None
    last_day: int
    day_before: int


def counts(session: Session, story_id: int, now: datetime) -> Counts:
    """Return the figures of a story, tips apart. Posts without an author count as one author together."""
    day, two = now - timedelta(days=1), now - timedelta(days=2)
    at = col(Post.event_at)
    # A view is the best figure for reach; where a platform gives none, what readers did is a lower bound.
    acts = [sa.func.coalesce(col(c), 0) for c in (Post.likes, Post.shares, Post.replies)]
    known = sa.or_(*(col(c).is_not(None) for c in (Post.views, Post.likes, Post.shares, Post.replies)))
    reach = sa.case((known, sa.func.coalesce(col(Post.views), acts[0] + acts[1] + acts[2])), else_=None)
    row = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(sa.distinct(sa.func.coalesce(col(Post.author_key), ""))),
            _number(col(Post.stance) == "denies"),
            _number(col(Post.stance) == "asks"),
            _number(col(Post.triage) == "not_scored"),
            sa.func.sum(reach),
            sa.func.min(at),
            sa.func.max(at),
            _number(at > day),
            _number(sa.and_(at > two, at <= day)),
        ).where(col(Post.story_id) == story_id, col(Post.kind) != TIP)
    ).one()
    total = int(row[5]) if row[5] is not None else None
    # A tip is no spread, but one that could not be scored has to reach a person like any other failure.
    tips = sa.select(sa.func.count()).where(
        col(Post.story_id) == story_id, col(Post.kind) == TIP, col(Post.triage) == "not_scored"
    )
    unscored = row[4] + session.execute(tips).scalar_one()
    return Counts(row[0], row[1], row[2], row[3], unscored, total, row[6], row[7], row[8], row[9])


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def distinct(session: Session, story_id: int) -> tuple[list[str], list[str], list[int]]:
    """Return the languages, platforms and sources of a story, most frequent first; its posts are read once."""
    columns = (col(Post.lang), col(Post.platform), col(Post.source_id))
    rows = session.execute(
        sa.select(*columns, sa.func.count()).where(col(Post.story_id) == story_id).group_by(*columns)
    ).all()

    def values(place: int) -> list[Any]:
        found = Counter[Any]()
        for row in rows:
            found[row[place]] += row[3]
        ranked = sorted(found.items(), key=lambda one: (-one[1], str(one[0])))
        return [value for value, _ in ranked if value is not None]

    return values(0), values(1), values(2)


def all_samples(session: Session, source_ids: Sequence[int]) -> bool:
    """Whether every one of these sources is a sample."""
    real = select(Source.id).where(col(Source.id).in_(source_ids), col(Source.sample).is_(False)).limit(1)
    return bool(source_ids) and session.exec(real).first() is None


def claiming_runs(session: Session, story_id: int) -> Sequence[PostRun]:
    """Return the newest runs of posts that do not deny the claim; of all posts when every one denies."""
    query = (
        select(PostRun)
        .join(Post, sa.and_(col(PostRun.post_id) == Post.id, col(PostRun.revision) == Post.revision))
        .where(Post.story_id == story_id)
        .order_by(col(PostRun.id).desc())
        .limit(SAMPLED_RUNS)
    )
    claiming = session.exec(query.where(col(Post.stance).is_distinct_from("denies"))).all()
    return claiming or session.exec(query).all()


def best_match(session: Session, story_id: int) -> tuple[StoryMatch, FactCheck] | None:
    """Return the match that counts: a confirmed one, else the best that nobody rejected."""
    confirmed = sa.case((col(StoryMatch.state) == "confirmed", 0), else_=1)
    return session.exec(
        select(StoryMatch, FactCheck)
        .join(FactCheck, col(FactCheck.id) == StoryMatch.fact_check_id)
        .where(StoryMatch.story_id == story_id, StoryMatch.state != "rejected", col(FactCheck.withdrawn_at).is_(None))
        .order_by(confirmed, col(StoryMatch.score).desc())
        .limit(1)
    ).first()


def match_of(session: Session, story_id: int, fact_check_id: int) -> StoryMatch | None:
    return session.exec(
        select(StoryMatch).where(StoryMatch.story_id == story_id, StoryMatch.fact_check_id == fact_check_id)
    ).first()


def decided_vectors(session: Session, like_post: int, not_story: int, limit: int) -> list[tuple[int, bytes]]:
    """Return ids of decided stories with their first post's vector, of the model that read ``like_post``; newest first.

    The stories themselves stay where they are: a page that compares hundreds shows four.
    """
    model = select(PostVector.model).where(PostVector.post_id == like_post).scalar_subquery()
    first = select(sa.func.min(Post.id)).where(Post.story_id == Story.id).correlate(Story).scalar_subquery()
    rows = session.exec(
        select(Story.id, PostVector.vector)
        .join(PostVector, col(PostVector.post_id) == first)
        .where(
            Story.status == DECIDED, Story.id != not_story, col(Story.merged_into).is_(None), PostVector.model == model
        )
        .order_by(col(Story.decided_at).desc())
        .limit(limit)
    ).all()
    return [(number, vector) for number, vector in rows if number is not None]


def newest_vectors(
    session: Session, story_id: int, model: str | None = None, limit: int = 500
) -> Sequence[tuple[Post, bytes]]:
    """Return the newest posts that do not deny the claim, with vectors of ``model`` (default: the newest post's)."""
    query = (
        select(Post, PostVector.vector, PostVector.model)
        .join(PostVector, col(PostVector.post_id) == Post.id)
        .where(
            Post.story_id == story_id,
            col(Post.stance).is_distinct_from("denies"),
            col(Post.erased_at).is_(None),
        )
        .order_by(col(Post.id).desc())
        .limit(limit)
    )
    if model is not None:
        query = query.where(PostVector.model == model)
    rows = session.exec(query).all()
    # Vectors of two models can not be compared, so after a change of model only the newer ones count.
    return [(post, vector) for post, vector, name in rows if name == rows[0][2]]


def newest_story(session: Session) -> int:
    """Return the highest id of a story, 0 without any."""
    return session.exec(select(sa.func.max(Story.id))).one() or 0


FIRST = 20
"""Posts at a story's beginning among which one that repeats its claim is looked for, however many it has."""
_REPEATING = sa.text(
    "SELECT post.text, post.lang, post_vector.vector FROM post JOIN post_vector ON post_vector.post_id = post.id "
    "WHERE post.id IN (SELECT id FROM post WHERE story_id = :story ORDER BY id LIMIT :first) AND post.id != :post "
    "AND stance = 'repeats' AND model = :model AND erased_at IS NULL ORDER BY post.id LIMIT 1"
)
_MATCHED = sa.text("SELECT 1 FROM story_match WHERE story_id = :story LIMIT 1")


def first_repeating(session: Session, story_id: int, not_post: int, model: str) -> tuple[str, str | None, bytes] | None:
    """Return text, language and packed vector of the first post shown as repeating, among a story's first."""
    session.flush()  # a plain statement, since most posts need it, does not do that by itself
    asked = {"story": story_id, "first": FIRST, "post": not_post, "model": model}
    row = session.execute(_REPEATING, asked).first()
    return (row[0], row[1], bytes(row[2])) if row is not None else None


def is_matched(session: Session, story_id: int) -> bool:
    """Whether any fact-check was suggested for the story."""
    session.flush()
    return session.execute(_MATCHED, {"story": story_id}).first() is not None


def with_vectors(session: Session, story_id: int, limit: int) -> list[tuple[Post, bytes, str]]:
    """Return the newest posts of a story with their packed vectors and the models of these, newest first."""
    rows = session.exec(
        select(Post, PostVector.vector, PostVector.model)
        .join(PostVector, col(PostVector.post_id) == Post.id)
        .where(Post.story_id == story_id, col(Post.erased_at).is_(None))
        .order_by(col(Post.id).desc())
        .limit(limit)
    ).all()
    return [(post, vector, model) for post, vector, model in rows]


def to_rank(session: Session, since: datetime, after: int, limit: int = 50) -> Sequence[int]:
    """Return ids of open stories seen since ``since`` or still waiting, in order of id."""
    waiting = col(Story.status).in_(("queued", "in_review"))
    rows = session.exec(
        select(Story.id)
        .where(
            col(Story.id) > after,
            col(Story.merged_into).is_(None),
            sa.or_(waiting, sa.and_(col(Story.status) == "watching", col(Story.last_seen_at) >= since)),
        )
        .order_by(col(Story.id))
        .limit(limit)
    ).all()
    return [int(number) for number in rows if number is not None]


def fact_checks_without(session: Session, model: str) -> bool:
    """Whether any fact-check has no vector of ``model`` yet."""
    stale = sa.or_(col(FactCheck.model).is_(None), col(FactCheck.model) != model)
    query = select(FactCheck.id).where(stale, col(FactCheck.withdrawn_at).is_(None)).limit(1)
    return session.exec(query).first() is not None
