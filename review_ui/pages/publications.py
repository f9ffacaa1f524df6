"""The desk's own fact-checks: the list, the drafting form, the preview, publishing, correcting and withdrawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from monitor.desk import publishing, second_reading
from monitor.desk.publishing import LANGS, Draft, TextDraft
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Publication, Story
from monitor.store import people
from monitor.store import publications as store
from monitor.vocabulary import ANALYST, VERDICTS
from review_ui import published
from review_ui.deps import ActingAnalyst, Member, Visit
from review_ui.wording import sentence

router = APIRouter()
PAGE = 50
_TEXT_FIELDS = ("claim", "title", "explanation", "correction")


@dataclass(frozen=True)
class Row:
    """One publication in the list."""

    publication: Publication
    name: str
    lang: str
    langs: list[str]


@router.get("/publications")
def show_all(visit: Member, before: Annotated[int | None, Query()] = None) -> Response:
    """List the desk's own fact-checks, newest first."""
    with visit.context.reading() as session:
        found = store.page(session, before, PAGE + 1, second_reading.waiting(session, visit.desk()))
        names = store.titles(session, [p.id or 0 for p in found])
    rows = []
    for one in found[:PAGE]:
        text = names.get(one.id or 0)
        name = (text.title or text.claim) if text else ""
        rows.append(Row(one, name, text.lang if text else "", sorted(publishing.public_langs(one))))
    more = f"?before={rows[-1].publication.id}" if len(found) > PAGE else ""
    second = visit.context.settings.publishing.second_person
    return visit.page("publications.html", rows=rows, more=more, second=second)


@router.post("/stories/{story_id}/publication")
def start(visit: ActingAnalyst, story_id: int) -> Response:
    """Open the draft of a story's fact-check, made when there is none."""
    with visit.context.writing() as session:
        if session.get(Story, story_id) is None:
            raise HTTPException(404)
        publication = publishing.start(session, visit.desk(), story_id, visit.speech.lang)
    return visit.go(f"/publications/{publication.id}")


@router.get("/publications/{publication_id}")
def show(visit: Member, publication_id: int) -> Response:
    """Show the drafting form."""
    return _page(visit, publication_id)


def _page(
    visit: Visit, publication_id: int, status: int = 200, problem: str = "", draft: Draft | None = None
) -> Response:
    with visit.context.reading() as session:
        publication = _find(session, visit, publication_id)
        story = session.get(Story, publication.story_id)
        values: dict[str, Any] = {
            "publication": publication,
            "story": story,
            "draft": draft or _stored(session, publication),
            "left": [sentence(visit.speech, words) for words in publishing.problems(session, publication)],
            "editors": sorted(people.aliases(session, publication.editors).values()),
            "public": publishing.public_langs(publication),
            "unread": publishing.unread(session, publication),
            "known": [row.lang for row in store.texts(session, publication_id)],
        }
    mine = visit.person_id in publication.editors
    second = visit.context.settings.publishing.second_person
    return visit.page(
        "publication.html", status, problem=problem, langs=LANGS, verdicts=VERDICTS, waits=second and mine,
        second=second, **values,
    )  # fmt: skip


def _stored(session: Session, publication: Publication) -> Draft:
    evidence = [f"{item['link']} {item['title']}".strip() for item in publication.evidence]
    texts = {
        row.lang: TextDraft(row.claim, row.title, row.explanation, row.correction)
        for row in store.texts(session, publication.id or 0)
    }
    return Draft(publication.verdict or "", evidence, texts)


def _find(session: Session, visit: Visit, publication_id: int) -> Publication:
    """Return a publication; ``Conflict`` for whoever is still to read its story a second time."""
    publication = store.get(session, publication_id)
    if publication is None:
        raise HTTPException(404)
    if visit.may(ANALYST):
        second_reading.keep_fresh(session, visit.desk(), publication.story_id)
    return publication


async def _typed(request: Request) -> Draft:
    """Return the form as typed; fields of a language are named ``claim_vi`` and so on."""
    form = await request.form()

    def value(name: str, most: int = 20_000) -> str:
        found = form.get(name, "")
        return found[:most] if isinstance(found, str) else ""

    texts = {lang: TextDraft(*(value(f"{name}_{lang}") for name in _TEXT_FIELDS)) for lang in LANGS}
    return Draft(value("verdict", 40), value("evidence").splitlines(), texts)


Typed = Annotated[Draft, Depends(_typed)]


@router.post("/publications/{publication_id}")
def save(
    visit: ActingAnalyst,
    publication_id: int,
    draft: Typed,
    version: Annotated[int, Form()] = 0,
    then: Annotated[str, Form()] = "stay",
) -> Response:
    """Keep the draft; ``then`` goes on to a preview (``preview-vi``)."""
    _exists(visit, publication_id)
    try:
        with visit.context.writing() as session:
            publishing.save(session, visit.desk(), publication_id, version, draft)
    except (Conflict, Invalid) as error:
        return _page(visit, publication_id, _status(error), sentence(visit.speech, str(error)), draft)
    lang = then.removeprefix("preview-")
    if then.startswith("preview-") and lang in LANGS:
        return visit.go(f"/publications/{publication_id}/preview/{lang}")
    return visit.go(f"/publications/{publication_id}", "saved")


@router.get("/publications/{publication_id}/preview/{lang}")
def preview(visit: Member, publication_id: int, lang: str) -> Response:
    """Show the page as the world would see it, from the working copy."""
    with visit.context.reading() as session:
        publication = _find(session, visit, publication_id)
        shown = publishing.snapshot(session, publication, visit.now.isoformat(timespec="seconds"))
    if lang not in shown["texts"]:
        raise HTTPException(404)
    shown["verdict"] = shown["verdict"] or "unproven"
    return HTMLResponse(published.page(visit.context, shown, lang, preview=True))


@router.post("/publications/{publication_id}/publish")
def publish(visit: ActingAnalyst, publication_id: int, version: Annotated[int, Form()] = 0) -> Response:
    """Publish what was saved, or a correction of it."""
    _exists(visit, publication_id)
    try:
        with visit.context.writing() as session:
            published.publish(session, visit.context, visit.desk(), publication_id, version)
    except (Conflict, Invalid, NotAllowed) as error:
        return _page(visit, publication_id, _status(error), sentence(visit.speech, str(error)))
    published.write(visit.context, publication_id)
    return visit.go(f"/publications/{publication_id}", "published")


@router.post("/publications/{publication_id}/withdraw")
def withdraw(
    visit: ActingAnalyst,
    publication_id: int,
    version: Annotated[int, Form()] = 0,
    note_en: Annotated[str, Form()] = "",
    note_vi: Annotated[str, Form()] = "",
    note_ar: Annotated[str, Form()] = "",
) -> Response:
    """Take the fact-check back, with a note on its pages."""
    _exists(visit, publication_id)
    notes = {"en": note_en, "vi": note_vi, "ar": note_ar}
    try:
        with visit.context.writing() as session:
            publishing.withdraw(session, visit.desk(), publication_id, version, notes)
    except (Conflict, Invalid) as error:
        return _page(visit, publication_id, _status(error), sentence(visit.speech, str(error)))
    published.write(visit.context, publication_id)
    return visit.go(f"/publications/{publication_id}", "withdrawn")


def _status(error: Exception) -> int:
    return 409 if isinstance(error, Conflict) else 403 if isinstance(error, NotAllowed) else 422


def _exists(visit: Visit, publication_id: int) -> None:
    with visit.context.reading() as session:
        _find(session, visit, publication_id)
