"""Weekly summaries: the list, and each as it was frozen."""

from __future__ import annotations

import re

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from monitor.store import pages
from review_ui.deps import Member

router = APIRouter()
_WEEK = re.compile(r"\d{4}-W\d{2}")


@router.get("/reports")
def show_all(visit: Member) -> Response:
    """List the weeks, newest first."""
    with visit.context.reading() as session:
        found = pages.reports(session)
    return visit.page("reports.html", reports=found)


@router.get("/reports/{week}")
def show(visit: Member, week: str) -> Response:
    """Show the newest revision of one week's summary."""
    if not _WEEK.fullmatch(week):
        raise HTTPException(404)
    with visit.context.reading() as session:
        report = pages.report(session, week)
    if report is None:
        raise HTTPException(404)
    return visit.page("report.html", report=report)
