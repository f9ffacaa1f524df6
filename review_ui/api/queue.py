"""The queue and what waits: lenses, pages by keyset, follow-ups, who calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from monitor.desk import lenses
from monitor.errors import Invalid
from monitor.store import queue
from monitor.vocabulary import QUEUED, STATUSES
from review_ui.api import reads
from review_ui.api.callers import Reading
from review_ui.api.shapes import Listed, Me, ResponseOut, StoryShort

router = APIRouter(tags=["queue"])
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(max_length=80)]


@router.get("/me")
def me(caller: Reading) -> Me:
    """Say for whom the key acts and what it may do."""
    return Me(alias=caller.person.alias, role=caller.person.role, scopes=sorted(caller.scopes))


@router.get("/queue")
def stories(
    caller: Reading,
    status: Annotated[str, Query(max_length=20)] = QUEUED,
    lang: Annotated[str, Query(max_length=20)] = "",
    label: Annotated[str, Query(max_length=20)] = "",
    platform: Annotated[str, Query(max_length=40)] = "",
    source: Annotated[int | None, Query(ge=0, le=2**31)] = None,
    age: Annotated[str, Query(max_length=20)] = "",
    mine: bool = False,
    escalated: bool = False,
    reader: bool = False,
    alarm: bool = False,
    tips: bool = False,
    after: After = None,
    limit: Limit = 50,
) -> Listed[StoryShort]:
    """List stories by priority, highest first; ``status`` is one of the desk's, or ``all``."""
    if status not in (*STATUSES, "all"):
        raise Invalid(f"'{status}' is not a status: choose one of {', '.join(STATUSES)}, all.")
    asked = {
        "status": status, "lang": lang, "label": label, "platform": platform, "age": age, "mine": mine,
        "source": "" if source is None else str(source), "escalated": escalated, "reader": reader, "alarm": alarm,
        "tips": tips,
    }  # fmt: skip
    lens = lenses.to_lens(asked, caller.now, caller.desk().person_id)
    with caller.context.reading() as session:
        found = queue.page(session, lens, _place(after), limit + 1)
        rows = reads.short(session, caller, found[:limit])
    last = found[limit - 1] if len(found) > limit else None
    return Listed(items=rows, next=f"{last.priority!r},{last.id}" if last else None)


def _place(after: str | None) -> tuple[float, int] | None:
    if not after:
        return None
    priority, _, story = after.partition(",")
    try:
        return float(priority), int(story)
    except ValueError as error:
        raise Invalid("'after' is not what an earlier answer gave as 'next'.") from error


@router.get("/responses/due")
def due(caller: Reading, until: datetime | None = None, after: After = None, limit: Limit = 50) -> Listed[ResponseOut]:
    """List responses whose follow-up date has come (or comes by ``until``) without a final outcome."""
    if until is not None and until.tzinfo is None:
        raise Invalid("'until' needs a time zone, such as 2026-12-24T08:00:00Z.")
    with caller.context.reading() as session:
        found = reads.due(session, caller, until or caller.now, _moment(after), limit + 1)
    rows = found[:limit]
    more = len(found) > limit and rows[-1].follow_up_at is not None
    return Listed(items=rows, next=f"{rows[-1].follow_up_at.isoformat()},{rows[-1].id}" if more else None)  # type: ignore[union-attr]


def _moment(after: str | None) -> tuple[datetime, int] | None:
    if not after:
        return None
    moment, _, response = after.partition(",")
    try:
        at, number = datetime.fromisoformat(moment), int(response)
    except ValueError as error:
        raise Invalid("'after' is not what an earlier answer gave as 'next'.") from error
    if at.tzinfo is None:
        raise Invalid("'after' is not what an earlier answer gave as 'next'.")
    return at, number
