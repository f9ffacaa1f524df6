"""What early warning reads: busy stories, counts per hour (tips apart), hours without a source, and the alarms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import Alarm, CollectRun, Event, FactCheck, Post, Response, Source, Story
from monitor.store.stats import SUCCESS
from monitor.vocabulary import CLOSED, DISMISSING, PUBLIC_ANSWERS, TIP

HOUR = timedelta(hours=1)
SAMPLED = 5000
"""Newest posts of a window from which shares are taken; counts are of all."""

_LOCK = 72617003
_CHUNK = 200


@dataclass(frozen=True)
class Busy:
    """A story and what it got lately; ``requests`` are people who asked the desk about it."""

    story_id: int
    posts: int
    authors: int
    requests: int


@dataclass(frozen=True)
class HourCount:
    """Posts and distinct authors of a story in one hour (counted from ``since``); ``dated`` leaves out those posts
    whose own time is not known, for which the time we saw them stands."""

    story_id: int
    hour: int
    posts: int
    authors: int
    dated: int


@dataclass(frozen=True)
class Totals:
    """A story's posts in a span: all of them, their distinct authors, and how many doubt or ask."""

    posts: int
    authors: int
    sceptical: int


def lock(session: Session) -> None:
    """Keep a second process from raising alarms at once (on SQLite the write lock already does)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _author() -> Any:
    return sa.func.coalesce(col(Post.author_key), "")


def _hour(session: Session, column: Any) -> Any:
    """Return the UTC hour of a time as text (2026-11-18 09), the same on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD HH24")
    return sa.func.substr(sa.type_coerce(column, sa.Text), 1, 13)


def _hours_since(text: str, since: datetime) -> int:
    return _hour_number(text) - int(since.timestamp()) // 3600


@lru_cache(maxsize=4096)
def _hour_number(text: str) -> int:
    """Return hours since 1970 of an hour as text; the same few hundred come again and again."""
    at = datetime(int(text[:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]), tzinfo=UTC)
    return int(at.timestamp()) // 3600


def busy(session: Session, since: datetime, until: datetime, posts: int) -> list[Busy]:
    """Return stories with at least so many posts in the span, those people settled as no claim left out."""
    settled = sa.and_(col(Story.status) == CLOSED, col(Story.last_triage).in_(DISMISSING))
    lately = (
        sa.select(
            col(Post.story_id).label("story_id"),
            sa.func.count().label("posts"),
            sa.func.count(sa.distinct(_author())).label("authors"),
        )
        .where(col(Post.event_at) > since, col(Post.event_at) <= until, col(Post.story_id).is_not(None), _no_tip())
        .group_by(col(Post.story_id))
        .having(sa.func.count() >= posts)
        .subquery()
    )
    rows = session.execute(
        sa.select(lately.c.story_id, lately.c.posts, lately.c.authors, col(Story.request_count))
        .join(Story, col(Story.id) == lately.c.story_id)
        .where(col(Story.merged_into).is_(None), sa.not_(sa.func.coalesce(settled, sa.false())))
        .order_by(lately.c.story_id)
    ).all()
    return [Busy(int(n), int(posts), int(authors), int(asked)) for n, posts, authors, asked in rows]


def hourly(session: Session, ids: Sequence[int], since: datetime) -> Iterator[HourCount]:
    """Yield the counts per hour of these stories since a full hour; hours without a post are left out."""
    hour = _hour(session, Post.event_at)
    dated = sa.case((col(Post.event_at) != col(Post.seen_at), _author()))
    for chunk in _chunks(ids):
        rows = session.execute(
            sa.select(
                col(Post.story_id), hour, sa.func.count(), sa.func.count(sa.distinct(_author())),
                sa.func.count(sa.distinct(dated)),
            )
            .where(col(Post.story_id).in_(chunk), col(Post.event_at) >= since, _no_tip())
            .group_by(col(Post.story_id), hour)
        ).all()  # fmt: skip
        for story_id, text, posts, authors, known in rows:
            yield HourCount(int(story_id), _hours_since(text, since), int(posts), int(authors), int(known))


def shares(session: Session, ids: Sequence[int], since: datetime) -> Iterator[tuple[int, int, int]]:
    """Yield (story, source, posts) of posts since a moment."""
    for chunk in _chunks(ids):
        rows = session.execute(
            sa.select(col(Post.story_id), col(Post.source_id), sa.func.count())
            .where(col(Post.story_id).in_(chunk), col(Post.event_at) >= since, _no_tip())
            .group_by(col(Post.story_id), col(Post.source_id))
        ).all()
        yield from ((int(story), int(source), int(posts)) for story, source, posts in rows)


def intervals(session: Session, source_ids: Sequence[int]) -> dict[int, int]:
    """Return how often each source is visited, in seconds."""
    rows = session.exec(select(Source.id, Source.every_seconds).where(col(Source.id).in_(source_ids))).all()
    return {int(number or 0): int(seconds) for number, seconds in rows}


def good_hours(session: Session, source_ids: Sequence[int], since: datetime) -> Iterator[tuple[int, int]]:
    """Yield (source, hour counted from ``since``) for every hour in which the source answered."""
    hour = _hour(session, CollectRun.started_at)
    rows = session.execute(
        sa.select(col(CollectRun.source_id), hour)
        .where(
            col(CollectRun.source_id).in_(source_ids),
            col(CollectRun.started_at) >= since,
            col(CollectRun.outcome).in_(SUCCESS),
        )
        .group_by(col(CollectRun.source_id), hour)
    ).all()
    yield from ((int(source), _hours_since(text, since)) for source, text in rows)


def totals(session: Session, story_id: int, since: datetime, until: datetime) -> Totals:
    """Count a story's posts in a span."""
    row = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(sa.distinct(_author())),
            sa.func.coalesce(sa.func.sum(sa.case((col(Post.sceptical).is_(True), 1), else_=0)), 0),
        ).where(Post.story_id == story_id, *_between(since, until))  # type: ignore[arg-type]
    ).one()
    return Totals(int(row[0]), int(row[1]), int(row[2]))


def _between(since: datetime, until: datetime) -> tuple[Any, Any, Any]:
    return col(Post.event_at) >= since, col(Post.event_at) <= until, _no_tip()


def _no_tip() -> Any:
    """What people send the desk asks about a claim: it is a request, counted with the story, and no spread."""
    return col(Post.kind) != TIP


def newest(session: Session, story_id: int, since: datetime, until: datetime) -> Sequence[Any]:
    """Return (id, author, copy of, event time, seen, language, platform) of a story's newest posts in a span."""
    return session.execute(
        sa.select(
            col(Post.id), _author(), col(Post.copy_of), col(Post.event_at), col(Post.seen_at), col(Post.lang),
            col(Post.platform),
        )
        .where(Post.story_id == story_id, *_between(since, until))  # type: ignore[arg-type]
        .order_by(col(Post.event_at).desc(), col(Post.id).desc())
        .limit(SAMPLED)
    ).all()  # fmt: skip


def answered_before(session: Session, story_id: int, moment: datetime) -> bool:
    """Whether the desk had answered the claim in public before a moment."""
    query = select(Response.id).where(
        Response.story_id == story_id,
        col(Response.action).in_(PUBLIC_ANSWERS),
        col(Response.at) < moment,
        col(Response.undone_at).is_(None),
    )
    return session.exec(query.limit(1)).first() is not None


def alarms_of(session: Session, story_ids: Sequence[int]) -> dict[int, Alarm]:
    """Return the newest alarm of each story that had one."""
    found: dict[int, Alarm] = {}
    for chunk in _chunks(story_ids):
        rows = session.exec(
            select(Alarm).where(col(Alarm.story_id).in_(chunk)).order_by(col(Alarm.number))
        ).all()  # fmt: skip
        found |= {alarm.story_id: alarm for alarm in rows}
    return found


def alarmed_spans(
    session: Session, story_ids: Sequence[int], since: datetime
) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield (story, raised, last above the threshold) of alarms people had before them and did not call false."""
    for chunk in _chunks(story_ids):
        rows = session.execute(
            sa.select(col(Alarm.story_id), col(Alarm.raised_at), col(Alarm.over_at)).where(
                col(Alarm.story_id).in_(chunk),
                col(Alarm.over_at) >= since,
                col(Alarm.shown).is_(True),
                col(Alarm.state) != "not_rumour",
            )
        ).all()
        yield from ((int(story), raised, over) for story, raised, over in rows)


def shown_between(session: Session, start: datetime, end: datetime) -> int:
    """Return how many alarms got a place in the budget in a span."""
    query = select(sa.func.count()).select_from(Alarm)
    return session.exec(query.where(col(Alarm.shown_at) >= start, col(Alarm.shown_at) < end)).one()


def held_back(session: Session, since: datetime) -> Sequence[Alarm]:
    """Return alarms since a moment that have no place yet and nobody settled, highest rank first."""
    return session.exec(
        select(Alarm)
        .where(col(Alarm.shown).is_(False), col(Alarm.raised_at) >= since, Alarm.state == "new")
        .order_by(col(Alarm.rank).desc(), col(Alarm.id))
    ).all()


def change_state(session: Session, alarm_id: int, old: str, new: str, now: datetime, person_id: int) -> bool:
    """Change an alarm's state only if it is still ``old``; return whether it was."""
    changed = session.execute(
        sa.update(Alarm)
        .where(col(Alarm.id) == alarm_id, col(Alarm.state) == old)
        .values(state=new, state_at=now, person_id=person_id)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def listed(session: Session, since: datetime, limit: int, *, shown: bool) -> Sequence[Alarm]:
    """Return alarms for the page: those nobody settled first, by rank; then the others since a moment, newest first."""
    open_ = col(Alarm.state).in_(("new", "acknowledged"))
    fresh = sa.or_(open_, col(Alarm.raised_at) >= since) if shown else col(Alarm.raised_at) >= since
    return session.exec(
        select(Alarm)
        .where(col(Alarm.shown).is_(shown), fresh)
        .order_by(
            sa.case((open_, 0), else_=1),
            sa.case((open_, -col(Alarm.rank)), else_=0.0),
            col(Alarm.raised_at).desc(),
            col(Alarm.id).desc(),
        )
        .limit(limit)
    ).all()  # fmt: skip


def stories_of(session: Session, alarms: Sequence[Alarm]) -> dict[int, Story]:
    """Return the stories of alarms; where one was merged, the story that took it in, under the old number."""
    found: dict[int, Story] = {}
    for number in {alarm.story_id for alarm in alarms}:
        story = session.get_one(Story, number)
        while story.merged_into is not None:
            story = session.get_one(Story, story.merged_into)
        found[number] = story
    return found


def samples(session: Session, ids: Sequence[int]) -> dict[int, Post]:
    """Return posts by id, those whose words were erased left out."""
    rows = session.exec(select(Post).where(col(Post.id).in_(ids), col(Post.erased_at).is_(None))).all()
    return {post.id or 0: post for post in rows}


def fact_checks(session: Session, ids: Sequence[int]) -> dict[int, FactCheck]:
    """Return fact-checks by id."""
    rows = session.exec(select(FactCheck).where(col(FactCheck.id).in_(ids))).all()
    return {check.id or 0: check for check in rows}


def told(session: Session, alarms: Sequence[Alarm]) -> dict[int, list[Event]]:
    """Return what the log says of each alarm, oldest first."""
    subjects = {f"story:{alarm.story_id}" for alarm in alarms}
    rows = session.exec(
        select(Event)
        .where(col(Event.subject).in_(subjects), col(Event.action).startswith("alarm."))
        .order_by(col(Event.seq))
    ).all()
    found: dict[int, list[Event]] = {alarm.id or 0: [] for alarm in alarms}
    for event in rows:
        found.get(int(event.details.get("alarm") or 0), []).append(event)
    return found


def settled(session: Session, since: datetime) -> list[tuple[str, dict[str, Any]]]:
    """Return (state, card) of alarms since a moment that people called right or wrong."""
    rows = session.exec(
        select(Alarm.state, Alarm.card).where(
            col(Alarm.raised_at) >= since, col(Alarm.state).in_(("confirmed", "not_rumour"))
        )
    ).all()
    return [(state, dict(card)) for state, card in rows]


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK)]
