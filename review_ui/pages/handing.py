"""What else can be done with a story: keep it, hand it over, merge it, split it, ask somebody outside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.desk import experts, handing, regrouping
from monitor.errors import Invalid
from monitor.models import ExpertAsk
from monitor.store import experts as expert_store
from review_ui.deps import ActingAnalyst, Visit
from review_ui.pages.story import change_story

router = APIRouter()


@router.post("/stories/{story_id}/hold")
def hold(
    visit: ActingAnalyst, story_id: int, hours: Annotated[float, Form()] = 0, reason: Annotated[str, Form()] = ""
) -> Response:
    """Keep one's own story for some hours."""
    return change_story(
        visit, story_id, lambda session: handing.hold(session, visit.desk(), story_id, hours, reason), "kept"
    )


@router.post("/stories/{story_id}/assign")
def assign(
    visit: ActingAnalyst, story_id: int, person: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Keep the story for somebody, or for nobody."""
    number = int(person) if person.isdecimal() else None

    def change(session: Session) -> None:
        if person and number is None:
            raise Invalid("Choose somebody who can decide stories.")
        handing.assign(session, visit.desk(), story_id, number, reason)

    return change_story(visit, story_id, change, "assigned")


@router.post("/stories/{story_id}/merge")
def merge(
    visit: ActingAnalyst, story_id: int, into: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Move every post of this story into another one."""
    number = int(into) if into.strip().isdecimal() and len(into) < 12 else None

    def change(session: Session) -> None:
        if number is None:
            raise Invalid("Give the number of the story it belongs to.")
        regrouping.merge(session, visit.desk(), story_id, number, reason)

    done = change_story(visit, story_id, change, "")
    return visit.go(f"/stories/{number}", "merged") if done.status_code == 303 else done


@router.post("/stories/{story_id}/split")
def split(
    visit: ActingAnalyst,
    story_id: int,
    post: Annotated[list[int] | None, Form()] = None,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Move the chosen posts into a story of their own."""
    made: list[int] = []

    def change(session: Session) -> None:
        made.append(regrouping.split(session, visit.desk(), story_id, post or [], reason))

    done = change_story(visit, story_id, change, "")
    return visit.go(f"/stories/{made[0]}", "split") if done.status_code == 303 else done


@router.post("/stories/{story_id}/experts")
def ask(
    visit: ActingAnalyst,
    story_id: int,
    name: Annotated[str, Form()] = "",
    question: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = "en",
    days: Annotated[int, Form()] = 7,
) -> Response:
    """Make a link for somebody outside."""

    def change(session: Session) -> ExpertAsk:
        return experts.ask(session, visit.desk(), story_id, name=name, question=question, lang=lang, days=days)

    return change_story(visit, story_id, change, "expert")


@router.post("/experts/{ask_id}/withdraw")
def withdraw(visit: ActingAnalyst, ask_id: int) -> Response:
    """End a link."""
    return change_story(
        visit, _story_of(visit, ask_id), lambda session: experts.withdraw(session, visit.desk(), ask_id), "expert_ended"
    )


def _story_of(visit: Visit, ask_id: int) -> int:
    with visit.context.reading() as session:
        row = expert_store.get(session, ask_id)
    if row is None:
        raise HTTPException(404)
    return row.story_id
