"""Reads that only the pages need, and what a person keeps for themselves (language, keys, masks)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor import events
from monitor.errors import Invalid
from monitor.events import Actor
from monitor.models import Event, Person, Post, Report, Response, Source, Story, StoryMatch, StoryPass
from monitor.store import queue
from monitor.store.queue import Lens
from monitor.vocabulary import TIP

CAP = 10_000


def new_since(session: Session, lens: Lens, since: datetime) -> int:
    """Return how many stories of the lens were queued after ``since`` (counting no further than ``CAP``)."""
    lately = select(Story.id).where(col(Story.queued_at) > since)
    found = queue.filtered(select(Story.id), lens).where(col(Story.id).in_(lately)).limit(CAP).subquery()
    return session.exec(select(sa.func.count()).select_from(found)).one()


def next_story(
    session: Session, now: datetime, person_id: int, not_id: int, *, calm_first: bool = False, calm_only: bool = False
) -> int | None:
    """Return the queued story of highest priority that nobody else holds, other than ``not_id``.

    With ``calm_first`` one without hate and abuse goes before, with ``calm_only`` no other is returned. Stories the
    person passed on are left out.
    """
    free = sa.or_(
        col(Story.lease_until).is_(None), col(Story.lease_until) <= now, col(Story.lease_person_id) == person_id
    )
    passed = sa.exists().where(col(StoryPass.story_id) == Story.id, col(StoryPass.person_id) == person_id)
    theirs = sa.or_(col(Story.assigned_id).is_(None), col(Story.assigned_id) == person_id)
    query = select(Story.id).where(
        Story.status == "queued", col(Story.merged_into).is_(None), free, theirs, Story.id != not_id, sa.not_(passed)
    )
    flags = sa.cast(Story.flags, sa.Text)
    calm = query.where(sa.not_(flags.contains('"hate"')), sa.not_(flags.contains('"abuse"')))
    for wanted in [calm] * (calm_first or calm_only) + [query] * (not calm_only):
        found = session.exec(wanted.order_by(col(Story.priority).desc(), col(Story.id)).limit(1)).first()
        if found is not None:
            return found
    return None


def read_lately(session: Session, alias: str, story_id: int, since: datetime) -> bool:
    """Whether the log already says that ``alias`` read the story after ``since``."""
    asked = {"subject": f"story:{story_id}", "actor": alias, "since": since}
    return session.exec(_READ, params=asked).first() is not None


_READ = (
    select(Event.seq)
    .where(
        Event.subject == sa.bindparam("subject"),
        Event.action == "story.read",
        Event.actor == sa.bindparam("actor"),
        col(Event.at) > sa.bindparam("since"),
    )
    .limit(1)
)


def merged_into(session: Session, story_id: int) -> tuple[bool, int | None]:
    """Return whether there is such a story, and the one it was merged into."""
    row = session.execute(_MERGED, {"story": story_id}).first()
    return row is not None, row[0] if row is not None else None


_MERGED = sa.select(col(Story.merged_into)).where(col(Story.id) == sa.bindparam("story"))


def post_times(session: Session, story_id: int, limit: int = 5000) -> list[datetime]:
    """Return when the public posts of a story happened, oldest first."""
    rows = session.exec(
        select(Post.event_at)
        .where(Post.story_id == story_id, Post.kind != TIP)
        .order_by(col(Post.event_at))
        .limit(limit)
    ).all()
    return list(rows)


def source_names(session: Session, ids: Sequence[int] | None = None) -> dict[int, str]:
    """Return id -> name of the sources ``ids``, or of all, by name."""
    query = select(Source.id, Source.name).order_by(col(Source.name))
    rows = session.exec(query if ids is None else query.where(col(Source.id).in_(ids))).all()
    return {int(number): name for number, name in rows if number is not None}


def match_story(session: Session, match_id: int) -> int | None:
    """Return the story a match belongs to."""
    return session.exec(select(StoryMatch.story_id).where(StoryMatch.id == match_id)).first()


def source(session: Session, source_id: int) -> Source | None:
    return session.get(Source, source_id)


def person(session: Session, person_id: int) -> Person | None:
    return session.get(Person, person_id)


def events_page(session: Session, before: int | None, limit: int = 100) -> Sequence[Event]:
    """Return events newest first; ``before`` is the number of the last one seen (keyset)."""
    query = select(Event)
    if before is not None:
        query = query.where(col(Event.seq) < before)
    return session.exec(query.order_by(col(Event.seq).desc()).limit(limit)).all()


def events_of(session: Session, alias: str, action: str, since: datetime, cap: int) -> int:
    """Return how often somebody did something after ``since``, counting no further than ``cap``."""
    found = (
        select(Event.seq)
        .where(Event.actor == alias, Event.action == action, col(Event.at) > since)
        .limit(cap)
        .subquery()
    )
    return session.exec(select(sa.func.count()).select_from(found)).one()


def events_named(session: Session, action: str, limit: int) -> Sequence[Event]:
    """Return the newest events of one kind, newest first."""
    return session.exec(select(Event).where(Event.action == action).order_by(col(Event.seq).desc()).limit(limit)).all()


def reports(session: Session, limit: int = 60) -> Sequence[Report]:
    """Return the newest revision of each weekly report, newest week first."""
    newest = select(sa.func.max(Report.id)).group_by(col(Report.week))
    return session.exec(
        select(Report).where(col(Report.id).in_(newest)).order_by(col(Report.week).desc()).limit(limit)
    ).all()


def report(session: Session, week: str, revision: int | None = None) -> Report | None:
    """Return the newest (or one) revision of the report of ``week``."""
    query = select(Report).where(Report.week == week).order_by(col(Report.revision).desc()).limit(1)
    return session.exec(query if revision is None else query.where(Report.revision == revision)).first()


def save_preferences(
    session: Session, key: bytes, now: datetime, by: Actor, *, locale: str | None = None, prefs: Mapping[str, Any]
) -> None:
    """Keep a person's own language and switches (``keys``, ``mask``); recorded like every other change."""
    who = session.get(Person, by.person_id)
    if who is None:
        raise Invalid("There is no such account.")
    if locale is not None:
        who.locale = locale
    who.prefs = {**who.prefs, **prefs}
    session.add(who)
    events.record(session, key, now, by, "person.preferences", f"person:{who.id}", details={"locale": locale, **prefs})


def response_story(session: Session, response_id: int) -> int | None:
    """Return the story a response belongs to."""
    return session.exec(select(Response.story_id).where(Response.id == response_id)).first()


def waiting(session: Session) -> int:
    """Return how many stories wait in the queue (counting no further than the queue's cap)."""
    return queue.count(session, Lens())
