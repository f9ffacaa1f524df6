"""What the link in a summary's mail opens, without a login: answering what is asked, and saying whether it was useful.

The link names one recipient and one week, is sealed, and ends after two weeks. Looking changes nothing but the note
that it was opened; every answer is sent by a form and taken once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from markupsafe import Markup
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.accounts import links
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Recipient, Report, ReportAnswer
from monitor.reports import as_html, as_json, charts
from monitor.reports.drawing import pictures
from monitor.reports.view import Ask, asks
from monitor.store import pages
from monitor.store import recipients as store
from monitor.summaries import use
from monitor.summaries.outside import outside
from review_ui.deps import Anyone, Visit
from review_ui.wording import sentence

router = APIRouter()


@router.get("/r/{token}")
def show(visit: Anyone, token: str) -> Response:
    """Show the summary with what it asks of this recipient."""
    with visit.context.reading() as session:
        report, recipient = _opened(session, visit, token)
    with visit.context.writing() as session:
        use.opened(session, report.week, recipient.id or 0, visit.now)
    return _page(visit, token, report, recipient)


@router.post("/r/{token}")
def send(
    visit: Anyone,
    token: str,
    rule: Annotated[str, Form()] = "",
    option: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    useful: Annotated[str, Form()] = "",
) -> Response:
    """Take an answer to what was asked, or a word on whether the summary was useful."""
    context, problem = visit.context, ""
    with context.reading() as session:
        report, recipient = _opened(session, visit, token)
    try:
        with context.writing() as session:
            if useful:
                use.rate(session, report.week, recipient, useful == "yes", note, visit.now)
            else:
                _answer(session, visit, report, recipient, rule, option, note)
    except (Invalid, Conflict) as error:
        problem = sentence(_spoken(visit, recipient).speech, str(error))
        return _page(visit, token, report, recipient, 409 if isinstance(error, Conflict) else 422, problem)
    return visit.go(f"/r/{token}", "answered")


def _answer(
    session: Session, visit: Visit, report: Report, recipient: Recipient, rule: str, option: str, note: str
) -> None:
    if not recipient.answers:
        raise NotAllowed("Only people of the team can answer what the summary asks.")
    use.answer(session, visit.context.key, visit.now, use.reader(recipient), week=report.week, rule=rule,
               option=option, note=note)  # fmt: skip


@router.get("/fetch/{token}")
def fetch(visit: Anyone, token: str) -> Response:
    """Hand out a summary's JSON to the program that a webhook told of it."""
    week, revision = links.read(visit.context.key, "fetch", token, visit.now)
    with visit.context.reading() as session:
        report = pages.report(session, week, int(revision))
    if report is None:
        raise NotAllowed("This link is no longer valid: ask for a new one.")
    return Response(as_json.render(report.payload), media_type="application/json")


@router.get("/r/{token}/charts/{name}.svg")
def chart(visit: Anyone, token: str, name: str) -> Response:
    """Return one picture of the summary the link opens."""
    if name not in charts.NAMES:
        raise HTTPException(404)
    with visit.context.reading() as session:
        report, recipient = _opened(session, visit, token)
    payload = outside(report.payload) if recipient.outside else report.payload
    return picture(payload, recipient.lang, name)


def picture(payload: dict[str, Any], lang: str, name: str) -> Response:
    """Return a drawn picture; 404 when it can not be drawn."""
    drawn = pictures(payload, lang, "svg")
    if name not in drawn:
        raise HTTPException(404)
    return Response(drawn[name], media_type="image/svg+xml")


def questions(
    payload: dict[str, Any], lang: str, given: Mapping[str, ReportAnswer], *, links: bool
) -> list[tuple[Ask, Markup, ReportAnswer | None, str]]:
    """Return what a summary asks, for the form: the decision, its line, the answer given, and the answer's word."""
    found = []
    for ask in asks(payload, lang):
        answer = given.get(ask.rule)
        word = dict(ask.options).get(answer.option, answer.option) if answer else ""
        found.append((ask, as_html.line(ask.line, links), answer, word))
    return found


def _opened(session: Session, visit: Visit, token: str) -> tuple[Report, Recipient]:
    week, number = links.read(visit.context.key, "reader", token, visit.now)
    recipient, report = session.get(Recipient, int(number)), pages.report(session, week)
    if recipient is None or not recipient.active or report is None:
        raise NotAllowed("This link is no longer valid: ask for a new one.")
    return report, recipient


def _spoken(visit: Visit, recipient: Recipient) -> Visit:
    return replace(visit, speech=visit.site.speech(recipient.lang))


def _page(
    visit: Visit, token: str, report: Report, recipient: Recipient, status: int = 200, problem: str = ""
) -> Response:
    visit = _spoken(visit, recipient)
    with visit.context.reading() as session:
        given = {row.rule: row for row in store.answers(session, report.week) if row.who == recipient.name}
        used = store.use(session, report.week, recipient.id or 0)
    payload = outside(report.payload) if recipient.outside else report.payload
    asked = questions(payload, recipient.lang, given, links=False)
    shown = {name: f"/r/{token}/charts/{name}.svg" for name in charts.NAMES}
    fragment = Markup(as_html.render_fragment(payload, recipient.lang, False, shown))  # noqa: S704 (escaped there)
    return visit.page(
        "letter.html", status, token=token, week=report.week, recipient=recipient, used=used, problem=problem,
        asked=asked if recipient.answers else [], fragment=fragment,
    )  # fmt: skip
