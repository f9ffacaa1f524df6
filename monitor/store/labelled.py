"""Decisions with the posts they were made on: what people taught, and what the machine had said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Decision, Post, PostRun, Reading

POSTS = 5
"""Different posts of a story that speak for it: copies teach nothing new."""


@dataclass(frozen=True)
class Taught:
    """A standing decision and a post it was made on; ``agreed``: a second reader said the same (or not)."""

    decision: Decision
    post: Post
    agreed: bool | None


def taught(session: Session, limit: int = 20_000) -> list[Taught]:
    """Return the newest ``limit`` standing decisions with their posts, oldest first."""
    decisions = session.exec(
        select(Decision).where(col(Decision.undone_at).is_(None)).order_by(col(Decision.id).desc()).limit(limit)
    ).all()
    words = _second_words(session)
    return [
        Taught(decision, post, words.get(decision.id or 0))
        for decision in reversed(decisions)
        for post in examples(session, decision.story_id)
    ]


def examples(session: Session, story_id: int, limit: int = POSTS) -> list[Post]:
    """Return a few different posts of a story, the first ones."""
    query = select(Post).where(Post.story_id == story_id, col(Post.copy_of).is_(None), col(Post.erased_at).is_(None))
    return list(session.exec(query.order_by(col(Post.id)).limit(limit)).all())


def _second_words(session: Session) -> dict[int, bool]:
    rows = session.exec(
        select(Reading.decision_id, Reading.agrees)
        .where(col(Reading.done_at).is_not(None), col(Reading.withdrawn_at).is_(None))
        .order_by(col(Reading.number))
    ).all()
    return {decision: bool(agrees) for decision, agrees in rows if agrees is not None}


def scores_of(session: Session, post_ids: Sequence[int], model: str) -> dict[int, dict[str, float]]:
    """Return the newest scores that ``model`` gave each post."""
    newest = (
        select(sa.func.max(PostRun.id))
        .where(col(PostRun.post_id).in_(post_ids), PostRun.model == model)
        .group_by(col(PostRun.post_id))
    )
    runs = session.exec(select(PostRun).where(col(PostRun.id).in_(newest))).all()
    return {run.post_id: run.scores for run in runs if run.scores}


def lately_scored(session: Session, model: str, since: datetime, limit: int) -> list[tuple[str, dict[str, float]]]:
    """Return (language, scores) of the newest ``limit`` posts that ``model`` scored after ``since``."""
    rows = session.exec(
        select(Post.lang, PostRun.scores)
        .join(Post, col(PostRun.post_id) == Post.id)
        .where(PostRun.model == model, PostRun.at >= since)
        .order_by(col(PostRun.id).desc())
        .limit(limit)
    ).all()
    return [(lang or "", dict(scores)) for lang, scores in rows if scores]


def count_scored(session: Session, model: str, since: datetime) -> int:
    """Return how many runs of ``model`` there were after ``since``."""
    query = select(sa.func.count()).select_from(PostRun).where(PostRun.model == model, PostRun.at >= since)
    return session.exec(query).one()
