"""The desk's own fact-checks: drafting, publishing, withdrawing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.desk import publishing, second_reading
from monitor.desk.publishing import Draft, TextDraft
from monitor.models import Publication, Story
from monitor.store import publications as store
from review_ui import published
from review_ui.api import reads
from review_ui.api.callers import Caller, Publishing, Reading
from review_ui.api.shapes import Listed, PublicationIn, PublicationNew, PublicationOut, TextOut, Version, WithdrawIn

router = APIRouter(prefix="/publications", tags=["publications"])
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def listed(
    caller: Reading,
    after: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Listed[PublicationOut]:
    """List the desk's own fact-checks, newest first."""
    with caller.context.reading() as session:
        found = store.page(session, reads.number(after), limit + 1, reads.waiting(session, caller))
        rows = [_out(session, caller, one) for one in found[:limit]]
    return Listed(items=rows, next=str(rows[-1].id) if len(found) > limit else None)


@router.post("", status_code=201)
def start(caller: Publishing, form: PublicationNew) -> PublicationOut:
    """Begin the fact-check of a story, or return the one there is."""
    with caller.context.writing() as session:
        if not 0 < form.story_id < 2**31 or session.get(Story, form.story_id) is None:
            raise HTTPException(404)
        made = publishing.start(session, caller.desk(), form.story_id, form.lang)
        return _out(session, caller, made)


@router.get("/{publication_id}")
def show(caller: Reading, publication_id: Id) -> PublicationOut:
    """Return one with its working copy and what still keeps it from being published."""
    with caller.context.reading() as session:
        return _out(session, caller, _find(session, caller, publication_id))


@router.put("/{publication_id}")
def save(caller: Publishing, publication_id: Id, form: PublicationIn) -> PublicationOut:
    """Keep the working copy; languages left out stay as they are."""
    texts = {lang: TextDraft(**text.model_dump()) for lang, text in form.texts.items()}
    with caller.context.writing() as session:
        _find(session, caller, publication_id)
        draft = Draft(form.verdict or "", form.evidence, texts)
        saved = publishing.save(session, caller.desk(), publication_id, form.version, draft)
        return _out(session, caller, saved)


@router.post("/{publication_id}/publish")
def publish(caller: Publishing, publication_id: Id, form: Version) -> PublicationOut:
    """Publish the working copy, or a correction of what is published."""
    with caller.context.writing() as session:
        _find(session, caller, publication_id)
        published.publish(session, caller.context, caller.desk(), publication_id, form.version)
    return _written(caller, publication_id)


@router.post("/{publication_id}/withdraw")
def withdraw(caller: Publishing, publication_id: Id, form: WithdrawIn) -> PublicationOut:
    """Take a published fact-check back, with a note on its pages."""
    with caller.context.writing() as session:
        _find(session, caller, publication_id)
        publishing.withdraw(session, caller.desk(), publication_id, form.version, form.notes)
    return _written(caller, publication_id)


def _written(caller: Caller, publication_id: int) -> PublicationOut:
    published.write(caller.context, publication_id)
    with caller.context.reading() as session:
        return _out(session, caller, _find(session, caller, publication_id))


def _find(session: Session, caller: Caller, publication_id: int) -> Publication:
    """Return a publication; ``Conflict`` for whoever is still to read its story a second time."""
    found = store.get(session, publication_id)
    if found is None:
        raise HTTPException(404)
    second_reading.keep_fresh(session, caller.desk(), found.story_id)
    return found


def _out(session: Session, caller: Caller, one: Publication) -> PublicationOut:
    by = published.publisher(caller.context)
    texts = {row.lang: TextOut.model_validate(row) for row in store.texts(session, one.id or 0)}
    return PublicationOut(
        id=one.id or 0, story_id=one.story_id, version=one.version, verdict=one.verdict, evidence=one.evidence,
        texts=texts, problems=publishing.problems(session, one), published=one.published,
        published_at=one.published_at, withdrawn_at=one.withdrawn_at,
        addresses={lang: by.url(lang, one.slug or "") for lang in sorted(publishing.public_langs(one))},
    )  # fmt: skip
