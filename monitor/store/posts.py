"""Posts, their revisions, machine runs and vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from monitor.models import Post, PostRevision, PostRun, PostVector, RawItemRow, Story
from monitor.records import Vector


def by_key(session: Session, kind: str, external_id: str) -> Post | None:
    return session.exec(select(Post).where(Post.kind == kind, Post.external_id == external_id)).first()


def pending(session: Session, limit: int) -> Sequence[Post]:
    """Return the oldest posts still to be triaged."""
    return session.exec(select(Post).where(Post.triage == "pending").order_by(col(Post.id)).limit(limit)).all()


def pending_count(session: Session) -> int:
    return session.exec(select(sa.func.count()).select_from(Post).where(Post.triage == "pending")).one()


def of_story(session: Session, story_id: int, limit: int = 200, after: int = 0) -> Sequence[Post]:
    """Return posts of a story by time of event; copies included."""
    return session.exec(_OF_STORY, params={"story": story_id, "after": after, "limit": limit}).all()


_OF_STORY = (
    select(Post)
    .where(Post.story_id == sa.bindparam("story"), col(Post.id) > sa.bindparam("after"))
    .order_by(col(Post.event_at), col(Post.id))
    .limit(sa.bindparam("limit", type_=sa.Integer))
)  # what every story page asks is put together once, here and below


def after(session: Session, story_id: int, post_id: int, limit: int) -> Sequence[Post]:
    """Return posts of a story with a higher id, lowest first (keyset)."""
    query = select(Post).where(Post.story_id == story_id, col(Post.id) > post_id)
    return session.exec(query.order_by(col(Post.id)).limit(limit)).all()


def wordings(session: Session, story_ids: Sequence[int], limit: int = 8) -> dict[int, list[tuple[str, str | None]]]:
    """Return (title and text, language) of each story's first different wordings that still have their words."""
    found: dict[int, list[tuple[str, str | None]]] = {}
    if story_ids:
        for story_id, title, text, lang in session.execute(_WORDINGS, {"stories": story_ids, "limit": limit}):
            found.setdefault(story_id, []).append((f"{title}\n{text}" if title else text, lang))
    return found


def _first_wordings() -> sa.Select[int | None, str | None, str, str | None]:
    first = (
        sa.select(col(Post.id))
        .where(col(Post.story_id) == col(Story.id), col(Post.copy_of).is_(None), col(Post.text) != "")
        .order_by(col(Post.id))
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .correlate(Story)
        .scalar_subquery()
    )
    of_story = aliased(Post)
    return (
        sa.select(col(Story.id), col(of_story.title), col(of_story.text), col(of_story.lang))
        .join(of_story, col(of_story.id).in_(first))
        .where(col(Story.id).in_(sa.bindparam("stories", expanding=True)))
        .order_by(col(of_story.id))
    )


_WORDINGS = _first_wordings()


def revisions(session: Session, post_id: int) -> Sequence[PostRevision]:
    return session.exec(
        select(PostRevision).where(PostRevision.post_id == post_id).order_by(col(PostRevision.revision))
    ).all()


def newest_runs(session: Session, post_ids: Sequence[int]) -> dict[int, PostRun]:
    """Return the newest machine run of each post."""
    newest = select(sa.func.max(PostRun.id)).where(col(PostRun.post_id).in_(post_ids)).group_by(col(PostRun.post_id))
    return {run.post_id: run for run in session.exec(select(PostRun).where(col(PostRun.id).in_(newest))).all()}


def explained_run(session: Session, story_id: int) -> PostRun | None:
    """Return the newest run of a story's posts for which the words that mattered are known."""
    return session.exec(
        select(PostRun)
        .join(Post, col(PostRun.post_id) == Post.id)
        .where(Post.story_id == story_id, col(PostRun.explained).is_(True))
        .order_by(col(PostRun.id).desc())
        .limit(1)
    ).first()


def to_explain(session: Session, model: str, stories: int, limit: int) -> Sequence[tuple[PostRun, Post]]:
    """Return flagged runs of ``model`` for the first ``stories`` of the queue that have no explained run yet."""
    first = (
        select(Story.id)
        .where(Story.status == "queued", col(Story.merged_into).is_(None))
        .order_by(col(Story.priority).desc(), col(Story.id))
        .limit(stories)
        .subquery()
    )
    known = (
        select(Post.story_id)
        .join(PostRun, col(PostRun.post_id) == Post.id)
        .where(col(PostRun.explained).is_(True), col(Post.story_id).in_(select(first.c.id)))
    )
    newest = (
        select(sa.func.max(PostRun.id))
        .join(Post, col(PostRun.post_id) == Post.id)
        .where(
            col(Post.story_id).in_(select(first.c.id)), col(Post.story_id).not_in(known), PostRun.model == model,
            sa.cast(PostRun.flags, sa.Text) != "[]", col(Post.erased_at).is_(None),
        )
        .group_by(col(Post.story_id))
        .limit(limit)
    )  # fmt: skip
    return session.exec(
        select(PostRun, Post).join(Post, col(PostRun.post_id) == Post.id).where(col(PostRun.id).in_(newest))
    ).all()


def runs_of_story(session: Session, story_id: int) -> Sequence[PostRun]:
    """Return the newest ``MOST_RUNS`` machine runs of a story's posts, newest first."""
    return session.exec(_RUNS, params={"story": story_id}).all()


MOST_RUNS = 500
_RUNS = (
    select(PostRun)
    .join(Post, col(PostRun.post_id) == Post.id)
    .where(Post.story_id == sa.bindparam("story"))
    .order_by(col(PostRun.id).desc())
    .limit(MOST_RUNS)
)


def newest_model(session: Session, story_id: int) -> str | None:
    """Return the model revision that last scored a post of the story."""
    return session.exec(_MODEL, params={"story": story_id}).first()


_MODEL = (
    select(PostRun.model)
    .join(Post, col(PostRun.post_id) == Post.id)
    .where(Post.story_id == sa.bindparam("story"))
    .order_by(col(PostRun.id).desc())
    .limit(1)
)


def digests(session: Session, story_id: int) -> list[str]:
    """Return the digests of the newest texts of a story: what a decision was made on."""
    return list(session.exec(_DIGESTS, params={"story": story_id}).all())


_DIGESTS = (
    select(PostRevision.digest)
    .join(Post, sa.and_(col(PostRevision.post_id) == Post.id, col(PostRevision.revision) == Post.revision))
    .where(Post.story_id == sa.bindparam("story"))
    .order_by(col(Post.id).desc())
    .limit(200)
)


class Exact(NamedTuple):
    """An exact copy that already belongs to a story, and the post it is itself a copy of."""

    post_id: int
    copy_of: int | None
    story_id: int


def first_with_key(session: Session, copy_key: str, since: datetime, not_id: int) -> Exact | None:
    """Return the first post since ``since`` that is an exact copy and already belongs to a story."""
    found = session.exec(
        select(Post.id, Post.copy_of, Post.story_id)
        .where(Post.copy_key == copy_key, Post.id != not_id, Post.seen_at >= since, col(Post.story_id).is_not(None))
        .order_by(col(Post.id))
        .limit(1)
    ).first()
    return Exact(int(found[0] or 0), found[1], int(found[2] or 0)) if found is not None else None


def story_of(session: Session, post_id: int) -> int | None:
    """Return the id of the story a post is in."""
    return session.exec(select(Post.story_id).where(Post.id == post_id)).first()


class Grouped(NamedTuple):
    """A post that has a story, as the memory of stories takes it in: its vector and signs are packed.

    A vector of another model than the one asked for is left out.
    """

    run_id: int
    revision: int
    post_id: int
    story_id: int
    lang: str
    signs: bytes | None
    vector: bytes | None


def grouped_after(
    session: Session, model: str, run_id: int, since: datetime, batch: int = 5000
) -> Iterator[list[Grouped]]:
    """Yield posts that joined a story in a machine run after ``run_id`` and were seen since ``since``."""
    while True:
        rows = session.execute(
            sa.select(
                col(PostRun.id), col(PostRun.revision), col(Post.id), col(Post.story_id),
                sa.func.coalesce(col(Post.lang), ""), col(PostVector.signs),
                sa.case((col(PostVector.model) == model, col(PostVector.vector))),
            )
            .join(Post, col(PostRun.post_id) == Post.id)
            .join(PostVector, col(PostVector.post_id) == Post.id)
            .where(
                col(PostRun.id) > run_id,
                col(Post.seen_at) >= since,
                col(Post.story_id).is_not(None),
            )
            .order_by(col(PostRun.id))
            .limit(batch)
        ).all()  # fmt: skip
        if not rows:
            return
        found = [Grouped(*row) for row in rows]
        run_id = found[-1].run_id
        yield found


def erased_since(session: Session, since: datetime, after: int, limit: int = 5000) -> list[tuple[datetime, int]]:
    """Return (when, id) of posts whose words were erased after ``since``, or just then with an id after ``after``."""
    at = col(Post.erased_at)
    later = sa.or_(at > since, sa.and_(at == since, col(Post.id) > after))
    query = select(Post.erased_at, Post.id).where(later).order_by(at, col(Post.id)).limit(limit)
    return [(when, number) for when, number in session.exec(query).all() if when is not None and number is not None]


def seen_between(session: Session, start: datetime, end: datetime) -> list[int]:
    """Return the ids of posts seen from ``start`` until before ``end``."""
    query = select(Post.id).where(Post.seen_at >= start, Post.seen_at < end)
    return [number for number in session.exec(query).all() if number is not None]


_PUT = sa.text(
    "INSERT INTO post_vector (post_id, model, vector, signs) VALUES (:post_id, :model, :vector, :signs) "
    "ON CONFLICT (post_id) DO UPDATE SET model = excluded.model, vector = excluded.vector, signs = excluded.signs"
)


def put_vector(session: Session, post_id: int, model: str, vector: Vector, signs: bytes | None = None) -> None:
    """Keep a post's vector, in place of an older one; one statement, as every post needs it."""
    session.execute(_PUT, {"post_id": post_id, "model": model, "vector": pack(vector), "signs": signs})


def pack(vector: Vector) -> bytes:
    """Return 384 numbers as half floats: cosine error below 0.001, half the space."""
    return np.asarray(vector, dtype="<f2").tobytes()


def unpack(blobs: Sequence[bytes]) -> Vector:
    """Return an array (n, 384) of float32 from packed vectors."""
    flat = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32)
    return flat.reshape(len(blobs), -1)


def unmapped(session: Session, source_id: int) -> Sequence[RawItemRow]:
    return session.exec(
        select(RawItemRow)
        .where(RawItemRow.source_id == source_id, RawItemRow.outcome == "unmapped")
        .order_by(col(RawItemRow.id))
    ).all()
