"""The audit log, for supervisors: newest first, and whether its chain still holds."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from monitor import events
from monitor.desk import second_reading
from monitor.store import pages
from review_ui import freshness
from review_ui.deps import Supervisor

router = APIRouter()
PAGE = 100


@router.get("/audit")
def show(visit: Supervisor, before: int | None = None, verify: bool = False) -> Response:
    """Show one page of events; with ``verify`` walk the whole chain and say what was found."""
    with visit.context.reading() as session:
        found = pages.events_page(session, before, PAGE + 1)
        checked = events.verify(session, visit.context.key) if verify else None
        hidden = second_reading.waiting(session, visit.desk())
    more = found[PAGE - 1].seq if len(found) > PAGE else None
    return visit.page("audit.html", events=freshness.entries(found[:PAGE], hidden), more=more, checked=checked)
