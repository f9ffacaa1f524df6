"""Moving posts between stories, for what people say about grouping: set by set, so a huge story is one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Decision, Post, Response, Story, StoryChange, StoryChangePost, StoryMatch


def locked(session: Session, story_id: int) -> Story | None:
    """Return the story as the database has it now; on PostgreSQL nobody else writes it until we commit."""
    session.flush()
    return session.get(Story, story_id, with_for_update=True, populate_existing=True)


def standing(session: Session, story_id: int) -> Story | None:
    """Return the story, or the one it was merged into."""
    story = locked(session, story_id)
    while story is not None and story.merged_into is not None:
        story = locked(session, story.merged_into)
    return story


def note_all(session: Session, change_id: int, story_id: int) -> int:
    """Write down every post of a story as moved by a change; return how many."""
    return _note(session, change_id, col(Post.story_id) == story_id)


def note_chosen(session: Session, change_id: int, story_id: int, post_ids: Sequence[int]) -> int:
    """Write down chosen posts of a story and their copies there; return how many.

    A copy follows its text: of two equal posts in two stories nobody could say where the third belongs.
    """
    same = select(Post.copy_key).where(col(Post.id).in_(post_ids), Post.copy_key != "", Post.story_id == story_id)
    chosen = sa.or_(col(Post.id).in_(post_ids), col(Post.copy_of).in_(post_ids), col(Post.copy_key).in_(same))
    return _note(session, change_id, sa.and_(col(Post.story_id) == story_id, chosen))


def note_again(session: Session, change_id: int, earlier_id: int, story_id: int) -> int:
    """Write down the posts of an earlier change that are still in ``story_id``, with copies that joined since."""
    before = select(StoryChangePost.post_id).where(StoryChangePost.change_id == earlier_id)
    keys = select(Post.copy_key).where(col(Post.id).in_(before), Post.copy_key != "")
    back = sa.or_(col(Post.id).in_(before), col(Post.copy_of).in_(before), col(Post.copy_key).in_(keys))
    return _note(session, change_id, sa.and_(col(Post.story_id) == story_id, back))


def _note(session: Session, change_id: int, which: sa.ColumnElement[bool]) -> int:
    rows = sa.select(sa.literal(change_id), col(Post.id)).where(which)
    session.execute(sa.insert(StoryChangePost).from_select(["change_id", "post_id"], rows))
    noted = select(sa.func.count()).select_from(StoryChangePost).where(StoryChangePost.change_id == change_id)
    return session.exec(noted).one()


def move(session: Session, change_id: int, story_id: int) -> None:
    """Give the posts of a change their story."""
    moved = select(StoryChangePost.post_id).where(StoryChangePost.change_id == change_id)
    session.execute(
        sa.update(Post).where(col(Post.id).in_(moved)).values(story_id=story_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.expire_all()


def size(session: Session, story_id: int) -> int:
    return session.exec(select(sa.func.count()).select_from(Post).where(Post.story_id == story_id)).one()


def first_post(session: Session, change_id: int) -> Post | None:
    """Return the earliest of the posts that a change moves."""
    return session.exec(
        select(Post)
        .join(StoryChangePost, col(StoryChangePost.post_id) == Post.id)
        .where(StoryChangePost.change_id == change_id)
        .order_by(col(Post.event_at), col(Post.id))
        .limit(1)
    ).first()


def worked_on(session: Session, story_id: int) -> bool:
    """Whether a decision or response on the story stands."""
    rows = (
        select(Decision.id).where(Decision.story_id == story_id, col(Decision.undone_at).is_(None)),
        select(Response.id).where(Response.story_id == story_id, col(Response.undone_at).is_(None)),
    )
    return any(session.exec(query.limit(1)).first() is not None for query in rows)


def share_matches(session: Session, story_id: int, into_id: int) -> dict[str, list[Any]]:
    """Let ``into_id`` know the fact-checks proposed for ``story_id``; a person's word counts more than none.

    Returns what changed, for taking it back: ``[id, state]`` of those ``made``, ``[id, state, person_id]`` as they were
    of those ``judged``.
    """
    known = {row.fact_check_id: row for row in _matches(session, into_id)}
    made, judged = [], list[list[Any]]()
    for row in _matches(session, story_id):
        mine = known.get(row.fact_check_id)
        if mine is None:
            values = row.model_dump(exclude={"id", "story_id"})
            made.append(StoryMatch(**values, story_id=into_id))
        elif mine.state == "suggested" and row.state != "suggested":
            judged.append([mine.id, mine.state, mine.person_id])
            mine.state, mine.person_id = row.state, row.person_id
            session.add(mine)
    session.add_all(made)
    session.flush()
    return {"made": [[row.id, row.state] for row in made], "judged": judged}


def unshare_matches(session: Session, changed: dict[str, list[Any]]) -> None:
    """Take back what ``share_matches`` did; matches that people judged since stay."""
    for number, state in changed["made"]:
        row = session.get(StoryMatch, number)
        if row is not None and row.state == state:
            session.delete(row)
    for number, state, person in changed["judged"]:
        row = session.get(StoryMatch, number)
        if row is not None:
            row.state, row.person_id = state, person
            session.add(row)


def _matches(session: Session, story_id: int) -> Sequence[StoryMatch]:
    return session.exec(select(StoryMatch).where(StoryMatch.story_id == story_id)).all()


def changes_after(session: Session, change_id: int) -> Sequence[StoryChange]:
    """Return what people changed after ``change_id``, in order."""
    return session.exec(
        select(StoryChange).where(col(StoryChange.id) > change_id).order_by(col(StoryChange.id))
    ).all()  # fmt: skip


def moved_posts(session: Session, change_id: int) -> Sequence[int]:
    return session.exec(select(StoryChangePost.post_id).where(StoryChangePost.change_id == change_id)).all()


def unmatched(session: Session, limit: int = 50) -> Sequence[StoryChange]:
    """Return changes whose stories were not held against the fact-checks yet."""
    query = select(StoryChange).where(col(StoryChange.matched_at).is_(None))
    return session.exec(query.order_by(col(StoryChange.id)).limit(limit)).all()


def of_story(session: Session, story_id: int) -> Sequence[StoryChange]:
    """Return every change that touched a story, oldest first."""
    touched = sa.or_(col(StoryChange.from_story_id) == story_id, col(StoryChange.story_id) == story_id)
    return session.exec(select(StoryChange).where(touched).order_by(col(StoryChange.id))).all()


def mark_matched(session: Session, ids: Sequence[int], now: datetime) -> None:
    session.execute(
        sa.update(StoryChange).where(col(StoryChange.id).in_(ids)).values(matched_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
