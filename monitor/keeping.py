"""Nothing is kept longer than the desk said: raw items, texts of posts, ended sessions. Counts and decisions stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor import text
from monitor.context import Context
from monitor.desk import exposure
from monitor.events import SYSTEM, record
from monitor.models import Post, PostRevision, PostRun, PostVector, RawItemRow, Story
from monitor.records import JobResult
from monitor.sources import uploads
from monitor.store import outbox as outbox_store
from monitor.store import people as people_store
from monitor.store import search
from monitor.store import sources as source_store

ERASED_TITLE = "—"
RUN_DAYS = 60
"""Single visits to sources are kept so long; what each day brought stays."""

DELETED_HOURS = 16
"""A post deleted at its source loses its text here so many hours later at most: within a day, with room for a run."""

OUTBOX_DAYS = 400
"""Sent messages are known by their key for so long, so that none is sent twice; their content goes at once."""

BATCH = 500


def keep(context: Context) -> JobResult:
    """Delete and erase what is over its time, in short transactions; safe to run at any moment, twice too."""
    now, rules = context.clock(), context.settings.keep
    counts = {"raw": 0, "posts": 0, "logins": 0, "outbox": 0}
    while removed := _forget_raw(context, now - timedelta(days=rules.raw_days)):
        counts["raw"] += removed
    while erased := _erase_batch(context, now):
        counts["posts"] += erased
    with context.writing() as session:
        exposure.forget(session, now)
        counts["logins"] = people_store.forget_old(session, now - timedelta(days=1))
        counts["uploads"] = uploads.forget(session, context, now)
        counts["visits"] = source_store.forget_runs(session, now - timedelta(days=RUN_DAYS))
        counts["outbox"] = outbox_store.forget_before(session, now - timedelta(days=OUTBOX_DAYS))
    return JobResult("ok", counts)


def _forget_raw(context: Context, before: datetime) -> int:
    with context.writing() as session:
        ids = session.exec(select(RawItemRow.id).where(RawItemRow.fetched_at < before).limit(BATCH)).all()
        session.execute(sa.delete(RawItemRow).where(col(RawItemRow.id).in_(ids)))
        return len(ids)


def _erase_batch(context: Context, now: datetime) -> int:
    rules = context.settings.keep
    limits = [col(Post.seen_at) < now - timedelta(days=rules.post_days)]
    limits += [
        sa.and_(col(Post.kind) == kind, col(Post.seen_at) < now - timedelta(days=days))
        for kind, days in rules.kinds.items()
    ]
    limits.append(col(Post.deleted_at) < now - timedelta(hours=DELETED_HOURS))
    with context.writing() as session:
        over = sa.or_(*limits)
        posts = session.exec(select(Post).where(col(Post.erased_at).is_(None), over).limit(BATCH)).all()
        if posts:
            erase(session, posts, now)
            record(session, context.key, now, SYSTEM, "posts.erased", details={"posts": len(posts)})
        return len(posts)


def erase(session: Session, posts: Sequence[Post], now: datetime) -> None:
    """Remove the words of posts everywhere: text, revisions, raw items, vectors, and titles taken from them."""
    ids = [post.id for post in posts]
    for table in (PostRevision, PostVector, RawItemRow):
        session.execute(sa.delete(table).where(col(table.post_id).in_(ids)))
    # The words that mattered to a score are words of the post too.
    session.execute(sa.update(PostRun).where(col(PostRun.post_id).in_(ids)).values(words={}))
    for post in posts:
        post.text, post.title, post.url, post.author_key = "", None, None, None
        post.copy_key, post.erased_at = "", now
        if post.triage == "pending":
            post.triage = "erased"
        session.add(post)
    session.flush()
    touched = {post.story_id for post in posts if post.story_id is not None}
    _retitle(session, touched)
    search.rebuild(session, touched)
    search.purge(session)


def _retitle(session: Session, story_ids: set[int]) -> None:
    """A story's title is the text of one of its posts: when no post has text left, the title goes too."""
    for story_id in sorted(story_ids):
        left = session.exec(
            select(Post).where(Post.story_id == story_id, col(Post.erased_at).is_(None)).order_by(col(Post.id)).limit(1)
        ).first()
        story = session.get(Story, story_id)
        if story is not None:
            story.title = text.mask_handles(text.one_line(left.title or left.text)) if left else ERASED_TITLE
            session.add(story)
