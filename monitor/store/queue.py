"""The queue: compare-and-set changes of stories, leases, and the pages people read."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from monitor.models import Decision, Person, Step, Story, StoryTag, UTCDateTime
from monitor.store import readings
from monitor.vocabulary import CLOSED, DECIDED, IN_REVIEW, QUEUED, TRANSITIONS, WATCHING

PAGE = 25
"""Stories on a page: what an analyst works through in a few minutes, and light enough for a telephone."""
COUNT_CAP = 1_000
"""Counted no further, since every tab counts anew for each page; beyond it stands "1,000+"."""
MOST_TOGETHER = 50
"""Stories that can be decided together, and taken back together."""
_other = aliased(StoryTag)


@dataclass(frozen=True)
class Lens:
    """Which stories to show. Empty means all; filter first, then rank."""

    status: str = QUEUED
    lang: str = ""
    label: str = ""
    platform: str = ""
    source: int | None = None
    mine: int | None = None
    escalated: bool = False
    alarm: bool = False
    tips: bool = False
    waits_since: datetime | None = None
    seen_after: datetime | None = None
    reader: int | None = None
    """Stories that wait for a second reading this person may give."""


def advance(session: Session, story_id: int, old: str, new: str, **values: Any) -> bool:
    """Change the status only if it is still ``old``; return whether it was. ``version`` goes up by one."""
    if new != old and new not in TRANSITIONS[old]:
        raise ValueError(f"no story goes from {old} to {new}")
    changed = session.execute(
        sa.update(Story)
        .where(col(Story.id) == story_id, col(Story.status) == old)
        .values(status=new, version=Story.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    return _one(changed)


def take_lease(
    session: Session, story_id: int, person_id: int, now: datetime, until: datetime, *, take_over: bool
) -> bool:
    """Give the story to the person unless somebody else holds it (or, with ``take_over``, even then)."""
    free = sa.or_(
        col(Story.lease_person_id).is_(None), col(Story.lease_until) <= now, col(Story.lease_person_id) == person_id
    )
    mine = sa.and_(col(Story.lease_person_id) == person_id, col(Story.lease_until) > now)
    changed = session.execute(
        sa.update(Story)
        .where(col(Story.id) == story_id, sa.true() if take_over else free, col(Story.merged_into).is_(None))
        .values(
            status=IN_REVIEW,
            lease_person_id=person_id,
            lease_until=until,
            lease_from=sa.case((col(Story.status) != IN_REVIEW, col(Story.status)), else_=col(Story.lease_from)),
            claimed_at=sa.case((mine, col(Story.claimed_at)), else_=now),
        )
        .execution_options(synchronize_session=False)
    )
    return _one(changed)


def _one(result: Any) -> bool:
    return bool(result.rowcount == 1)


def first_opened(session: Session, story_id: int, now: datetime) -> None:
    """Note the first human look at a story."""
    session.execute(
        sa.update(Story)
        .where(col(Story.id) == story_id, col(Story.opened_at).is_(None))
        .values(opened_at=now)
        .execution_options(synchronize_session=False)
    )


def end_leases(session: Session, now: datetime) -> list[int]:
    """Put back every story whose lease ended; return their ids."""
    over = sa.and_(col(Story.lease_until) <= now, col(Story.lease_person_id).is_not(None))
    ids = list(session.exec(select(Story.id).where(over)).all())
    session.execute(
        sa.update(Story)
        .where(over, col(Story.id).in_(ids))
        .values(
            lease_person_id=None,
            lease_until=None,
            claimed_at=None,
            hold_reason="",
            version=Story.version + 1,
            status=sa.case(
                (col(Story.status) != IN_REVIEW, col(Story.status)),
                (col(Story.lease_from).is_not(None), col(Story.lease_from)),
                (col(Story.verdict).is_not(None), DECIDED),
                else_=QUEUED,
            ),
        )
        .execution_options(synchronize_session=False)
    )
    return [int(number) for number in ids if number is not None]


def holder(session: Session, story_id: int) -> str | None:
    """Return the pseudonym of the person who holds the story."""
    return session.exec(
        select(Person.alias).join(Story, col(Story.lease_person_id) == Person.id).where(Story.id == story_id)
    ).first()


def last_steps(session: Session, person_id: int, limit: int) -> list[list[Step]]:
    """Return the person's last ``limit`` steps, newest first; those of one joint decision are one step."""
    newest = session.exec(
        select(Step).where(Step.person_id == person_id).order_by(col(Step.id).desc()).limit(limit * MOST_TOGETHER)
    ).all()
    found: list[list[Step]] = []
    for step in newest:
        if found and step.batch is not None and found[-1][0].batch == step.batch:
            found[-1].append(step)
        elif len(found) == limit:
            break
        else:
            found.append([step])
    return found


def escalation_reasons(session: Session, story_ids: Sequence[int]) -> dict[int, str]:
    """Return story -> what was written when it was escalated, where that is the newest decision that stands."""
    newest = (
        select(sa.func.max(Decision.id))
        .where(col(Decision.story_id).in_(story_ids), col(Decision.undone_at).is_(None))
        .group_by(col(Decision.story_id))
    )
    rows = session.exec(
        select(Decision.story_id, Decision.note).where(col(Decision.id).in_(newest), Decision.triage == "escalate")
    ).all()
    return dict(rows)


def newest_decision_id(session: Session, story_id: int) -> int | None:
    """Return the id of the newest decision on the story that stands."""
    return session.exec(
        select(Decision.id)
        .where(Decision.story_id == story_id, col(Decision.undone_at).is_(None))
        .order_by(col(Decision.id).desc())
        .limit(1)
    ).first()


def page(session: Session, lens: Lens, after: tuple[float, int] | None = None, limit: int = PAGE) -> Sequence[Story]:
    """Return stories by priority, highest first; ``after`` is (priority, id) of the last one seen (keyset)."""
    values = {"limit": limit, **_values(lens)}
    if after is not None:
        values |= {"after_priority": after[0], "after_id": after[1]}
    query = _paging(_shape(lens), after is not None)
    ids = [found for (found,) in session.execute(query, values).all()]
    stories = {story.id: story for story in session.exec(select(Story).where(col(Story.id).in_(ids))).all()}
    return [stories[found] for found in ids]


def count(session: Session, lens: Lens) -> int:
    """Return how many stories the lens shows, counting no further than ``COUNT_CAP`` + 1."""
    return counts(session, [lens])[0]


def counts(session: Session, lenses: Sequence[Lens]) -> list[int]:
    """Return ``count`` of several lenses, asked in one statement."""
    query = _counting(tuple(map(_shape, lenses)))
    values = [_values(lens, f"_{number}") for number, lens in enumerate(lenses)]
    return [int(found) for found in session.execute(query, dict(ChainMap(*values))).one()]


# Putting a statement together takes longer than running it: those of a lens are kept, whoever asks and whenever.
_VARYING: dict[str, Any] = {
    "mine": sa.Integer,
    "reader": sa.Integer,
    "waits_since": UTCDateTime,
    "seen_after": UTCDateTime,
}


def _shape(lens: Lens) -> Lens:
    """Return the lens with a mark where its people and moments stand."""
    marks: dict[str, Any] = {name: None if getattr(lens, name) is None else 0 for name in _VARYING}
    return replace(lens, **marks)


def _values(lens: Lens, suffix: str = "") -> dict[str, Any]:
    return {name + suffix: value for name in _VARYING if (value := getattr(lens, name)) is not None}


def _open(shape: Lens, suffix: str = "") -> Lens:
    """Return the lens with parameters of a statement where a shape has marks."""
    asked = {name: kind for name, kind in _VARYING.items() if getattr(shape, name) is not None}
    given: dict[str, Any] = {name: sa.bindparam(name + suffix, type_=kind) for name, kind in asked.items()}
    return replace(shape, **given)


@lru_cache(maxsize=128)
def _paging(shape: Lens, further: bool) -> sa.Select[Any]:
    query, priority, number = _listed(_open(shape))
    if further:
        seen, last = sa.bindparam("after_priority", type_=sa.Float), sa.bindparam("after_id", type_=sa.Integer)
        query = query.where(sa.or_(priority < seen, sa.and_(priority == seen, number > last)))
    found: sa.Select[Any] = query.order_by(priority.desc(), number).limit(sa.bindparam("limit", type_=sa.Integer))
    return found


@lru_cache(maxsize=128)
def _counting(shapes: tuple[Lens, ...]) -> sa.Select[Any]:
    lenses = [_open(shape, f"_{number}") for number, shape in enumerate(shapes)]
    inner = [_listed(lens)[0].limit(COUNT_CAP + 1).subquery() for lens in lenses]
    return sa.select(*(sa.select(sa.func.count()).select_from(one).scalar_subquery() for one in inner))


def _listed(lens: Lens) -> tuple[Any, Any, Any]:
    """Return a query for the ids a lens shows, with the priority and id to order it by.

    A lens by language, label, platform, source or mark within a status reads the index of the tags in order; only what
    else it asks for is looked up story by story.
    """
    wanted = tags(lens)
    if not wanted or not lens.status or lens.mine is not None or lens.reader is not None:
        return filtered(sa.select(col(Story.id)), lens), col(Story.priority), col(Story.id)
    (kind, value), *others = wanted
    number = col(StoryTag.story_id)
    query = sa.select(number).where(
        col(StoryTag.kind) == kind, col(StoryTag.value) == value, col(StoryTag.status) == lens.status
    )
    conditions = [_has_tag(number, *other) for other in others]
    also = _conditions(lens)
    if also:
        query = query.join(Story, col(Story.id) == number)
    return query.where(*conditions, *also), col(StoryTag.priority), number


def tags(lens: Lens) -> list[tuple[str, str]]:
    """Return (kind, value) of the tags a lens asks for, those that few stories have first."""
    marks = (("alarm", lens.alarm), ("escalated", lens.escalated), ("asked", lens.tips))
    source = "" if lens.source is None else str(lens.source)
    asked = (
        *(("mark", mark) for mark, wanted in marks if wanted),
        ("source", source),
        ("platform", lens.platform),
        ("label", lens.label),
        ("lang", lens.lang),
    )
    return [(kind, value) for kind, value in asked if value]


def _has_tag(number: Any, kind: str, value: str) -> Any:
    return sa.exists().where(col(_other.story_id) == number, col(_other.kind) == kind, col(_other.value) == value)


def filtered(query: Any, lens: Lens) -> Any:
    """Return ``query`` narrowed to the stories a lens shows."""
    query = query.where(col(Story.merged_into).is_(None))
    if lens.reader is not None:
        query = query.where(readings.may_read(lens.reader))
    elif lens.mine is not None:
        query = query.where(sa.or_(col(Story.lease_person_id) == lens.mine, col(Story.assigned_id) == lens.mine))
    elif lens.status:
        query = query.where(Story.status == lens.status)
    return query.where(*_conditions(lens), *(_has_tag(col(Story.id), *tag) for tag in tags(lens)))


def _conditions(lens: Lens) -> list[Any]:
    """Return what a lens asks for beside whose stories, their status and their tags."""
    found = []
    if lens.waits_since is not None:
        found.append(col(Story.queued_at) <= lens.waits_since)
    if lens.seen_after is not None:
        found.append(col(Story.first_seen_at) > lens.seen_after)
    return found


def values(session: Session, kind: str) -> list[str]:
    """Return the values stories have of a kind of tag, sorted; jumps through the index from one to the next."""
    return list(session.execute(_TAG_VALUES, {"kind": kind}).scalars())


def _tag_values() -> sa.Select[tuple[str]]:
    of_kind = col(StoryTag.kind) == sa.bindparam("kind")
    found = sa.select(sa.func.min(StoryTag.value).label("value")).where(of_kind).cte("found", recursive=True)
    following = sa.select(sa.func.min(StoryTag.value)).where(of_kind, col(StoryTag.value) > found.c.value)
    found = found.union_all(sa.select(following.scalar_subquery()).where(found.c.value.is_not(None)))
    return sa.select(found.c.value).where(found.c.value.is_not(None))


_TAG_VALUES = _tag_values()


def statuses(session: Session) -> dict[str, int]:
    """Return how many stories stand in each status."""
    rows = session.exec(
        select(Story.status, sa.func.count()).where(col(Story.merged_into).is_(None)).group_by(col(Story.status))
    ).all()
    found = dict(rows)
    return {status: int(found.get(status, 0)) for status in (WATCHING, QUEUED, IN_REVIEW, DECIDED, CLOSED)}
