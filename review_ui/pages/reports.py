"""Weekly summaries: the list, each as it was frozen, and the running week so far."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from markupsafe import Markup
from starlette.exceptions import HTTPException

from monitor.errors import Invalid
from monitor.models import Report
from monitor.reports import as_html
from monitor.reports.files import FORMS
from monitor.reports.style import CSS
from monitor.store import pages
from monitor.summaries import summary
from monitor.summaries.weeks import parse
from review_ui.deps import Member, Visit

router = APIRouter()


@router.get("/reports")
def show_all(visit: Member) -> Response:
    """List the weeks, newest first."""
    with visit.context.reading() as session:
        found = pages.reports(session)
    year, week, _ = visit.now.astimezone(visit.context.zone).isocalendar()
    return visit.page("reports.html", reports=found, running=f"{year}-W{week:02d}")


@router.get("/reports.css")
def style() -> Response:
    """Return the look of a summary, the same as in its files."""
    return Response(CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/reports/{week}")
def show(visit: Member, week: str) -> Response:
    """Show the newest revision of one week's summary, or the week as it stands while none is frozen."""
    report, payload = _find(visit, week)
    fragment = Markup(as_html.render_fragment(payload, visit.speech.lang))  # noqa: S704 (escaped where it is made)
    return visit.page("report.html", report=report, week=week, fragment=fragment, forms=tuple(FORMS))


@router.get("/reports/{week}/{form}")
def download(visit: Member, week: str, form: str) -> Response:
    """Hand out a summary as a file."""
    if form not in FORMS:
        raise HTTPException(404)
    _, payload = _find(visit, week)
    media, render = FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="claimwatch-{payload["header"]["week"]}.{form}"'}
    return Response(render(payload, visit.speech.lang), media_type=media, headers=headers)


def _find(visit: Visit, week: str) -> tuple[Report | None, dict[str, Any]]:
    context = visit.context
    try:
        span = parse(week, context.zone)
    except Invalid as error:
        raise HTTPException(404) from error
    with context.reading() as session:
        report = pages.report(session, week)
        if report is not None:
            return report, dict(report.payload)
        if span.start > visit.now:
            raise HTTPException(404)
        settings = context.settings
        return None, summary.build(session, week, context.zone, settings.team.name, visit.now, settings.summary)
