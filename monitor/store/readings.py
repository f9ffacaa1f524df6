"""Second readings: which are open, for whom a decision is still hidden, what readers said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from monitor.models import Decision, Reading, Story

_earlier = aliased(Reading)


def get(session: Session, reading_id: int) -> Reading | None:
    return session.get(Reading, reading_id, populate_existing=True)


def open_of(session: Session, story_id: int) -> Reading | None:
    """Return the story's reading that still waits for a word."""
    return session.exec(select(Reading).where(Reading.story_id == story_id, *_waiting()).limit(1)).first()


def of_decision(session: Session, decision_id: int) -> Sequence[Reading]:
    """Return the readings of one decision that were not withdrawn, the second before the third."""
    return session.exec(
        select(Reading)
        .where(Reading.decision_id == decision_id, col(Reading.withdrawn_at).is_(None))
        .order_by(col(Reading.number))
    ).all()


def of_story(session: Session, story_id: int) -> Sequence[Reading]:
    return session.exec(select(Reading).where(Reading.story_id == story_id).order_by(col(Reading.id))).all()


def take(session: Session, reading_id: int, person_id: int, now: datetime, until: datetime) -> bool:
    """Give the reading to the person unless somebody else has it or it is done."""
    free = sa.or_(col(Reading.person_id).is_(None), col(Reading.until) <= now, col(Reading.person_id) == person_id)
    changed = session.execute(
        sa.update(Reading)
        .where(col(Reading.id) == reading_id, free, *_waiting())
        .values(person_id=person_id, until=until)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def withdraw(session: Session, decision_ids: Sequence[int], now: datetime) -> list[int]:
    """Withdraw what is open of these decisions; return the ids of the readings."""
    mine = sa.and_(col(Reading.decision_id).in_(decision_ids), *_waiting())
    ids = list(session.exec(select(Reading.id).where(mine)).all()) if decision_ids else []
    if not ids:
        return []
    session.execute(
        sa.update(Reading)
        .where(col(Reading.id).in_(ids))
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )
    return [int(number) for number in ids if number is not None]


def decisions_of_story(session: Session, story_id: int) -> list[int]:
    rows = session.exec(select(Decision.id).where(Decision.story_id == story_id)).all()
    return [int(number) for number in rows if number is not None]


def may_read(person_id: Any) -> Any:
    """Return the condition on ``Story`` that it waits for a reading which this person may give.

    That is: they neither made the decision nor read it before, and did not look at everything.
    """
    read_before = sa.exists().where(
        col(_earlier.decision_id) == col(Reading.decision_id),
        col(_earlier.person_id) == person_id,
        col(_earlier.done_at).is_not(None),
    )
    waiting = (
        select(Reading.story_id)
        .join(Decision, col(Decision.id) == Reading.decision_id)
        .where(*_waiting(), Decision.person_id != person_id, sa.not_(_has_waived(person_id)), sa.not_(read_before))
    )
    return col(Story.id).in_(waiting)


def hidden(session: Session, person_id: int, story_ids: Collection[int]) -> set[int]:
    """Return those of the stories whose decision this person must not see yet."""
    if not story_ids:
        return set()
    return set(session.execute(_HIDDEN, {"person": person_id, "stories": list(story_ids)}).scalars())


def waiting_for(session: Session, person_id: int) -> set[int]:
    """Return every story whose decision this person must not see yet."""
    return set(session.execute(_WAITING, {"person": person_id}).scalars())


def done_between(session: Session, since: datetime, until: datetime) -> Sequence[tuple[Reading, Decision, Story]]:
    """Return readings that were given in [since, until), with their decision and story; undone decisions left out."""
    return session.exec(
        select(Reading, Decision, Story)
        .join(Decision, col(Decision.id) == Reading.decision_id)
        .join(Story, col(Story.id) == Reading.story_id)
        .where(
            col(Reading.done_at) >= since,
            col(Reading.done_at) < until,
            col(Reading.withdrawn_at).is_(None),
            col(Decision.undone_at).is_(None),
        )
        .order_by(col(Reading.decision_id), col(Reading.number))
    ).all()


def waiting_since(session: Session) -> list[datetime]:
    """Return when each open reading was asked for, oldest first."""
    return list(session.exec(select(Reading.asked_at).where(*_waiting()).order_by(col(Reading.asked_at))).all())


def _waiting() -> tuple[Any, Any]:
    return col(Reading.done_at).is_(None), col(Reading.withdrawn_at).is_(None)


def _has_waived(person_id: Any) -> Any:
    """A JSON list of whole numbers, held as text: the number stands between commas."""
    text = sa.func.replace(sa.func.replace(sa.cast(Reading.waived, sa.Text), "[", ","), "]", ",")
    number = sa.cast(sa.literal(person_id, sa.Integer) if isinstance(person_id, int) else person_id, sa.Text)
    return sa.func.replace(text, " ", "").contains(sa.literal(",") + number + ",")


# Every page asks these: put together once.
_WAITING = sa.select(col(Story.id)).where(may_read(sa.bindparam("person", type_=sa.Integer)))
_HIDDEN = _WAITING.where(col(Story.id).in_(sa.bindparam("stories", expanding=True)))
