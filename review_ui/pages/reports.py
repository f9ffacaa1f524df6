"""Summaries: the list of weeks, each as it was frozen, the running week, and the rows behind every number."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from markupsafe import Markup
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor import events
from monitor.desk import lenses, second_reading
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Report
from monitor.reports import as_html, charts, public_view
from monitor.reports.files import FORMS
from monitor.reports.style import CSS
from monitor.reports.view import definition
from monitor.store import lenses as lens_store
from monitor.store import pages, recipients
from monitor.summaries import lists, public, summary, use
from monitor.summaries.summary import Asked
from monitor.summaries.weeks import of_moment, parse
from monitor.vocabulary import SUPERVISOR
from review_ui import freshness
from review_ui.deps import ActingSupervisor, Member, Visit, query_string
from review_ui.pages.letters import picture, questions
from review_ui.wording import sentence

router = APIRouter()
PAGE = 100
MOST = 30
"""Files one person may take within ``WITHIN``: making one costs the desk seconds."""

WITHIN = timedelta(minutes=10)


@router.get("/reports")
def show_all(visit: Member) -> Response:
    """List the weeks, newest first."""
    with visit.context.reading() as session:
        found = pages.reports(session)
        views = [row.name for row in lens_store.seen_by(session, visit.person_id)]
    today = visit.now.astimezone(visit.context.zone).date()
    running = of_moment(visit.now, visit.context.zone).name
    return visit.page(
        "reports.html", reports=found, running=running, views=views, today=today.isoformat(),
        month=today.replace(day=1).isoformat(), years=(today.year, today.year - 1),
    )  # fmt: skip


@router.get("/reports/days")
def show_days(
    visit: Member,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
    lens: str = "",
) -> Response:
    """Lead from the form to the summary of any days."""
    try:
        span = parse(f"{first}..{last}", visit.context.zone)
    except Invalid as error:
        raise Invalid("Give the first and the last day, such as 2026-11-01, at most two years apart.") from error
    return visit.go(f"/reports/{span.name}{query_string({'lens': lens})}")


@router.get("/reports.css")
def style() -> Response:
    """Return the look of a summary, the same as in its files."""
    return Response(CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/reports/public/{year}")
def show_public(visit: Member, year: int) -> Response:
    """Show the report for the public of a year, to be read over before it is given out."""
    found = as_html.fragment(public_view.document(_public(visit, year), visit.speech.lang), links=False)
    return visit.page("public.html", year=year, fragment=Markup(found), forms=tuple(public_view.FORMS))  # noqa: S704 (escaped)


@router.get("/reports/public/{year}/{form}")
def download_public(visit: Member, year: int, form: str) -> Response:
    """Hand out the report for the public as a file."""
    if form not in public_view.FORMS:
        raise HTTPException(404)
    _not_too_many(visit)
    media, render = public_view.FORMS[form]
    return _handed_out(visit, render(_public(visit, year), visit.speech.lang), media, f"public-{year}", form)


def _public(visit: Visit, year: int) -> dict[str, Any]:
    if not 2000 <= year <= visit.now.astimezone(visit.context.zone).year:
        raise HTTPException(404)
    with visit.context.reading() as session:
        return public.build(session, visit.context.settings, year, visit.now)


@router.get("/reports/{week}")
def show(visit: Member, week: str, lens: str = "") -> Response:
    """Show the newest revision of one week's summary, or the span as it stands while none is frozen."""
    with visit.context.reading() as session:
        report, payload = _find(session, visit, _asked(session, visit, week, lens))
    return _page(visit, week, report, payload)


def _page(
    visit: Visit, week: str, report: Report | None, payload: dict[str, Any], status: int = 200, problem: str = ""
) -> Response:
    asked = []
    if report is not None and visit.may(SUPERVISOR):
        with visit.context.reading() as session:
            given = {row.rule: row for row in recipients.answers(session, week)}
        asked = questions(payload, visit.speech.lang, given, links=True)
    lens = payload["header"]["lens"] or ""
    asked_for = query_string({"lens": lens})
    shown = {name: f"/reports/{week}/charts/{name}.svg{asked_for}" for name in charts.NAMES}
    fragment = Markup(as_html.render_fragment(payload, visit.speech.lang, pictures=shown))  # noqa: S704 (escaped there)
    return visit.page(
        "report.html", status, report=report, week=week, fragment=fragment, forms=tuple(FORMS), asked=asked,
        problem=problem, asked_for=asked_for,
    )  # fmt: skip


@router.post("/reports/{week}/answers")
def answer(
    visit: ActingSupervisor,
    week: str,
    rule: Annotated[str, Form()] = "",
    option: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Record what a supervisor decides of something the summary asks."""
    context = visit.context
    with context.reading() as session:
        asked = _asked(session, visit, week)
    try:
        with context.writing() as session:
            use.answer(session, context.key, visit.now, visit.actor, week=week, rule=rule, option=option, note=note)
    except (Invalid, Conflict) as error:
        with context.reading() as session:
            report, payload = _find(session, visit, asked)
        status = 409 if isinstance(error, Conflict) else 422
        return _page(visit, week, report, payload, status, sentence(visit.speech, str(error)))
    return visit.go(f"/reports/{week}", "answered")


@router.get("/reports/{week}/numbers/{number:path}")
def show_rows(visit: Member, week: str, number: str, after: int = 0, lens: str = "") -> Response:
    """Show the rows a number counts: how many it was when it was frozen, how many there are today, and which."""
    with visit.context.reading() as session:
        asked = _asked(session, visit, week, lens)
        _, payload = _find(session, visit, asked)
        figure = next((f for f in summary.figures(payload) if f["number"] == number), None)
        found = summary.listing(session, asked, number, visit.now)
        if figure is None and found is None:
            raise HTTPException(404)
        total, rows = 0, []
        if found is not None:
            end = min(asked.period.end, visit.now)
            total, ids = lists.page(session, found, asked.period, end, asked.only, after, PAGE)
            hidden = second_reading.hidden(session, visit.desk(), lists.stories_of(session, found.kind, ids))
            rows = lists.rows(session, found.kind, ids, hidden)
    key = str(figure["definition"] if figure else found.definition if found else "")
    more = query_string({"after": rows[-1].id, "lens": lens}) if len(rows) == PAGE else ""
    return visit.page(
        "numbers.html", week=week, number=number, meaning=definition(key, visit.speech.lang), figure=figure,
        total=total, rows=rows, more=more, kind=found.kind if found else "", asked_for=query_string({"lens": lens}),
    )  # fmt: skip


@router.get("/reports/{week}/charts/{name}.svg")
def chart(visit: Member, week: str, name: str, lens: str = "") -> Response:
    """Return one picture of a summary in the person's language."""
    if name not in charts.NAMES:
        raise HTTPException(404)
    with visit.context.reading() as session:
        _, payload = _find(session, visit, _asked(session, visit, week, lens))
    return picture(payload, visit.speech.lang, name)


@router.get("/reports/{week}/{form}")
def download(visit: Member, week: str, form: str, lens: str = "") -> Response:
    """Hand out a summary as a file."""
    if form not in FORMS:
        raise HTTPException(404)
    _not_too_many(visit)
    with visit.context.reading() as session:
        _, payload = _find(session, visit, _asked(session, visit, week, lens))
    media, render = FORMS[form]
    body = render(payload, visit.speech.lang)
    return _handed_out(visit, body, media, payload["header"]["week"], form, lens)


def _not_too_many(visit: Visit) -> None:
    with visit.context.reading() as session:
        lately = pages.events_of(session, visit.actor.alias, "report.exported", visit.now - WITHIN, MOST)
    if lately >= MOST:
        raise NotAllowed("Too many exports: wait ten minutes and try again.", retry_after=WITHIN.total_seconds())


def _handed_out(visit: Visit, body: str | bytes, media: str, name: str, form: str, lens: str = "") -> Response:
    """Return a file, and write into the log who took what: its name, form, view and digest."""
    content = body if isinstance(body, bytes) else body.encode()
    details = {"report": name, "form": form, "lens": lens, "sha256": hashlib.sha256(content).hexdigest()}
    with visit.context.writing() as session:
        events.record(session, visit.context.key, visit.now, visit.actor, "report.exported", details=details)
    headers = {"Content-Disposition": f'attachment; filename="claimwatch-{name}.{form}"'}
    return Response(content, media_type=media, headers=headers)


def _asked(session: Session, visit: Visit, week: str, lens: str = "") -> Asked:
    """Return what an address asks for: a week or days, and a view of one's own or the team's; 404 for what is none."""
    try:
        period = parse(week, visit.context.zone)
    except Invalid as error:
        raise HTTPException(404) from error
    if period.start > visit.now:
        raise HTTPException(404)
    only = None
    if lens:
        row = next((row for row in lens_store.seen_by(session, visit.person_id) if row.name == lens), None)
        if row is None:
            raise HTTPException(404)
        only = lenses.to_lens(row.query, visit.now, visit.person_id)
    return summary.asked(visit.context.settings, period, only, lens)


def _find(session: Session, visit: Visit, asked: Asked) -> tuple[Report | None, dict[str, Any]]:
    report = pages.report(session, asked.period.name) if asked.only is None else None
    payload = report.payload if report is not None else summary.build(session, asked, visit.now)
    return report, freshness.summary(payload, second_reading.waiting(session, visit.desk()))
