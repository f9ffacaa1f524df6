"""The queue: compare-and-set changes of stories, leases, and the pages people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.desk.vocabulary import CLOSED, DECIDED, IN_REVIEW, QUEUED, TRANSITIONS, WATCHING
from monitor.models import Decision, Person, Step, Story
from monitor.store import readings

PAGE = 50
COUNT_CAP = 10_000
MOST_TOGETHER = 50
"""Stories that can be decided together, and taken back together."""


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
    query = filtered(select(Story), lens)
    if after is not None:
        query = query.where(
            sa.or_(
                col(Story.priority) < after[0],
                sa.and_(col(Story.priority) == after[0], col(Story.id) > after[1]),
            )
        )
    found: Sequence[Story] = session.exec(query.order_by(col(Story.priority).desc(), col(Story.id)).limit(limit)).all()
    return found


def count(session: Session, lens: Lens) -> int:
    """Return how many stories the lens shows, counting no further than ``COUNT_CAP`` + 1."""
    inner = filtered(select(Story.id), lens).limit(COUNT_CAP + 1).subquery()
    return session.exec(select(sa.func.count()).select_from(inner)).one()


def filtered(query: Any, lens: Lens) -> Any:
    """Return ``query`` narrowed to the stories a lens shows."""
    query = query.where(col(Story.merged_into).is_(None))
    if lens.reader is not None:
        query = query.where(readings.may_read(lens.reader))
    elif lens.mine is not None:
        query = query.where(sa.or_(col(Story.lease_person_id) == lens.mine, col(Story.assigned_id) == lens.mine))
    elif lens.status:
        query = query.where(Story.status == lens.status)
    if lens.escalated:
        query = query.where(col(Story.escalated).is_(True))
    if lens.alarm:
        query = query.where(col(Story.alarm_at).is_not(None))
    if lens.tips:
        query = query.where(col(Story.request_count) > 0)
    if lens.waits_since is not None:
        query = query.where(col(Story.queued_at) <= lens.waits_since)
    if lens.seen_after is not None:
        query = query.where(col(Story.first_seen_at) > lens.seen_after)
    for column, value in ((Story.langs, lens.lang), (Story.flags, lens.label), (Story.platforms, lens.platform)):
        if value:
            # JSON lists of plain words: a quoted match is exact on both databases.
            query = query.where(sa.cast(column, sa.Text).contains(f'"{value}"', autoescape=True))
    if lens.source is not None:
        text = sa.func.replace(sa.func.replace(sa.cast(Story.sources, sa.Text), "[", ","), "]", ",")
        query = query.where(sa.func.replace(text, " ", "").contains(f",{lens.source},"))
    return query


def statuses(session: Session) -> dict[str, int]:
    """Return how many stories stand in each status."""
    rows = session.exec(
        select(Story.status, sa.func.count()).where(col(Story.merged_into).is_(None)).group_by(col(Story.status))
    ).all()
    found = dict(rows)
    return {status: int(found.get(status, 0)) for status in (WATCHING, QUEUED, IN_REVIEW, DECIDED, CLOSED)}
