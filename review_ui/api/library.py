"""What can be looked up: fact-checks, search, sources, weekly summaries, the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.acting import Desk, require
from monitor.models import Alarm
from monitor.sources import sourcing
from monitor.store import factchecks, pages, search, sources, surges
from monitor.surges import states as surge_states
from monitor.vocabulary import SUPERVISOR
from review_ui import freshness
from review_ui.api import reads
from review_ui.api.callers import Administering, Caller, Reading, Reviewing
from review_ui.api.shapes import AlarmIn, AlarmOut, EventOut, FactCheckOut, Found, Listed, ReportShort, SourceOut

router = APIRouter(tags=["library"])
ALARMS_BACK = timedelta(days=14)
After = Annotated[str | None, Query(max_length=20)]
Limit = Annotated[int, Query(ge=1, le=200)]
Words = Annotated[str, Query(max_length=200)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/factchecks")
def fact_checks(caller: Reading, q: Words = "", after: After = None, limit: Limit = 50) -> Listed[FactCheckOut]:
    """List fact-checks of the library, those that hold all words of ``q``, newest first."""
    with caller.context.reading() as session:
        found = factchecks.page(session, q, limit + 1, reads.number(after))
    rows = [FactCheckOut.model_validate(check) for check in found[:limit]]
    return Listed(items=rows, next=str(rows[-1].id) if len(found) > limit else None)


@router.get("/search")
def find(
    caller: Reading, q: Words, kind: Literal["story", "fact_check"] = "story", after: After = None, limit: Limit = 50
) -> Listed[Found]:
    """Find stories (by the words of their posts) or fact-checks that hold all words, newest first."""
    place = reads.number(after)
    with caller.context.reading() as session:
        if kind == "story":
            stories = search.stories(session, q, place, limit + 1)
            rows = [Found(kind=kind, story=one) for one in reads.short(session, caller, stories[:limit])]
            last, more = (stories[limit - 1].id, True) if len(stories) > limit else (None, False)
        else:
            checks = search.fact_checks(session, q, place, limit + 1)
            rows = [Found(kind=kind, fact_check=FactCheckOut.model_validate(check)) for check in checks[:limit]]
            last, more = (checks[limit - 1].id, True) if len(checks) > limit else (None, False)
    return Listed(items=rows, next=str(last) if more else None)


@router.get("/sources")
def all_sources(caller: Reading) -> Listed[SourceOut]:
    """List every source and how it is doing."""
    with caller.context.reading() as session:
        return Listed(items=[SourceOut.model_validate(source) for source in sources.everything(session)])


@router.post("/sources/{source_id}/pause")
def pause(caller: Administering, source_id: Id) -> SourceOut:
    """Stop visiting a source."""
    return _source(caller, source_id, lambda session, desk, name: sourcing.set_enabled(session, desk, name, False))


@router.post("/sources/{source_id}/resume")
def resume(caller: Administering, source_id: Id) -> SourceOut:
    """Visit a source again."""
    return _source(caller, source_id, lambda session, desk, name: sourcing.set_enabled(session, desk, name, True))


@router.post("/sources/{source_id}/check")
def check(caller: Administering, source_id: Id) -> SourceOut:
    """Make a source due now."""
    return _source(caller, source_id, lambda session, desk, name: sourcing.check_now(session, desk, name))


def _source(caller: Caller, source_id: int, change: Callable[[Session, Desk, str], Any]) -> SourceOut:
    with caller.context.writing() as session:
        require(caller.desk(), SUPERVISOR)
        source = pages.source(session, source_id)
        if source is None:
            raise HTTPException(404)
        change(session, caller.desk(), source.name)
        session.flush()
        return SourceOut.model_validate(source)


@router.get("/alarms")
def alarms(caller: Reading, limit: Limit = 50) -> Listed[AlarmOut]:
    """List early warnings that have a place in the budget: open ones by rank, then those of the last two weeks."""
    with caller.context.reading() as session:
        found = surges.listed(session, caller.now - ALARMS_BACK, limit, shown=True)
        return Listed(items=[AlarmOut.model_validate(alarm) for alarm in found])


@router.post("/alarms/{alarm_id}/state")
def say(caller: Reviewing, alarm_id: Id, form: AlarmIn) -> AlarmOut:
    """Say what an alarm turned out to be; ``was`` is its state as last read."""
    with caller.context.writing() as session:
        if session.get(Alarm, alarm_id) is None:
            raise HTTPException(404)
        surge_states.say(session, caller.desk(), alarm_id, form.state, form.was)
        session.expire_all()
        return AlarmOut.model_validate(session.get_one(Alarm, alarm_id))


@router.get("/reports")
def reports(caller: Reading) -> Listed[ReportShort]:
    """List the weekly summaries, newest week first."""
    with caller.context.reading() as session:
        return Listed(items=[ReportShort.model_validate(report) for report in pages.reports(session)])


@router.get("/reports/{week}")
def report(caller: Reading, week: Annotated[str, Path(max_length=10)]) -> dict[str, Any]:
    """Return the newest revision of a weekly summary, as its JSON schema describes it."""
    with caller.context.reading() as session:
        found = pages.report(session, week)
        hidden = reads.waiting(session, caller)
    if found is None:
        raise HTTPException(404)
    return freshness.summary(dict(found.payload), hidden)


@router.get("/log")
def log(caller: Administering, after: After = None, limit: Limit = 100) -> Listed[EventOut]:
    """List the events of the tamper-evident log, newest first."""
    require(caller.desk(), SUPERVISOR)
    with caller.context.reading() as session:
        found = pages.events_page(session, reads.number(after), limit + 1)
        hidden = reads.waiting(session, caller)
    rows = [EventOut.model_validate(event) for event in freshness.entries(found[:limit], hidden)]
    return Listed(items=rows, next=str(rows[-1].seq) if len(found) > limit else None)
