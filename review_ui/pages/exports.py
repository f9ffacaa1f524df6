"""What leaves the desk as data, for supervisors. A download is a form, since it is written into the log."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from monitor import exporting
from monitor.errors import NotAllowed
from monitor.store import pages
from review_ui.deps import ActingSupervisor, Supervisor

router = APIRouter()
MOST = 20
WITHIN = timedelta(minutes=10)
_FORMS = {
    "stories": ("application/x-ndjson", "jsonl"),
    "labels": ("application/x-ndjson", "jsonl"),
    "decisions": ("text/csv", "csv"),
}


@router.get("/exports")
def show(visit: Supervisor) -> Response:
    """Say what can be taken out."""
    return visit.page("exports.html")


@router.post("/exports/{what}")
def download(visit: ActingSupervisor, what: str) -> Response:
    """Hand out an export as a file; at most so many in ten minutes per person."""
    if what not in _FORMS:
        raise HTTPException(404)
    with visit.context.reading() as session:
        lately = pages.events_of(session, visit.actor.alias, "export", visit.now - WITHIN, MOST)
    if lately >= MOST:
        raise NotAllowed("Too many exports: wait ten minutes and try again.", retry_after=WITHIN.total_seconds())
    with visit.context.writing() as session:
        body, _ = exporting.export(session, visit.desk(), what)
    media, suffix = _FORMS[what]
    name = f"claimwatch-{what}-{visit.now.date().isoformat()}.{suffix}"
    return Response(body, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
