"""The page behind a signed link: one story for somebody outside, who answers once. No login, and no way further in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlmodel import Session

from monitor.desk import experts
from monitor.errors import Invalid, NotAllowed
from monitor.models import ExpertAsk, Story
from monitor.store import posts
from review_ui.deps import Anyone, Visit
from review_ui.storyview import grouped
from review_ui.wording import sentence

router = APIRouter()
MOST_POSTS = 100


@router.get("/ask/{link}")
def show(visit: Anyone, link: str) -> Response:
    """Show the question and the texts, without who wrote them and where."""
    try:
        with visit.context.reading() as session:
            return _page(visit, session, experts.opened(session, visit.context.key, visit.now, link), link)
    except NotAllowed as error:
        return _ended(visit, error)


@router.post("/ask/{link}")
def answer(
    visit: Anyone, link: str, text: Annotated[str, Form()] = "", sources: Annotated[str, Form()] = ""
) -> Response:
    """Keep the answer; the link ends with it."""
    key, now = visit.context.key, visit.now
    try:
        with visit.context.writing() as session:
            experts.answer(session, key, now, link, text=text, sources=sources.split())
    except NotAllowed as error:
        return _ended(visit, error)
    except Invalid as error:
        with visit.context.reading() as session:
            row = experts.opened(session, key, now, link)
            problem = sentence(visit.speech, str(error))
            return _page(visit, session, row, link, 422, problem, text[:10_000], sources[:5000])
    return visit.page("ask_done.html")


def _page(
    visit: Visit, session: Session, row: ExpertAsk, link: str, status: int = 200, problem: str = "", text: str = "",
    sources: str = "",
) -> Response:  # fmt: skip
    story = session.get_one(Story, row.story_id)
    found = posts.of_story(session, row.story_id, MOST_POSTS)
    runs = posts.newest_runs(session, [p.id for p in found if p.id])
    return visit.page(
        "ask.html", status, ask=row, story=story, groups=grouped(found, runs, mask=True), link=link, problem=problem,
        text=text, sources=sources,
    )  # fmt: skip


def _ended(visit: Visit, error: NotAllowed) -> Response:
    title = visit.speech.say("Not allowed")
    return visit.page("error.html", 403, title=title, message=sentence(visit.speech, str(error)))
