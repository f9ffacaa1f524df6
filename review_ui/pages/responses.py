"""What was done about claims: logging it, what became of it, and what is due to be looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.desk import responding, second_reading
from monitor.errors import Invalid
from monitor.store import pages, people
from monitor.store import responses as store
from monitor.vocabulary import OUTCOMES, VISIBILITIES
from review_ui.deps import ActingAnalyst, Member, Visit, query_string
from review_ui.pages.story import change_story
from review_ui.responseform import ResponseDraft, start_of

router = APIRouter()
PAGE = 50
AHEAD = timedelta(days=14)


@router.post("/stories/{story_id}/responses")
def respond(
    visit: ActingAnalyst,
    story_id: int,
    action: Annotated[str, Form()] = "",
    channel: Annotated[str, Form()] = "",
    link: Annotated[str, Form()] = "",
    audience: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    rule: Annotated[str, Form()] = "",
    ticket: Annotated[str, Form()] = "",
    done_at: Annotated[str, Form()] = "",
    follow_up: Annotated[str, Form()] = "",
) -> Response:
    """Log what was done about the claim."""
    answer = ResponseDraft(
        action[:40], channel[:200], link[:2048], audience[:300], lang[:20], text[:10_000], rule[:300], ticket[:100],
        done_at[:40], follow_up[:20],
    )  # fmt: skip

    def change(session: Session) -> None:
        responding.log(session, visit.desk(), story_id, **answer.deed(visit.context.zone))

    return change_story(visit, story_id, change, "responded", answer=answer)


@router.post("/stories/{story_id}/responses/again")
def again(visit: ActingAnalyst, story_id: int, response: Annotated[int, Form()] = 0) -> Response:
    """Give the answer that another story with the same claim got."""
    return change_story(
        visit, story_id, lambda session: responding.again(session, visit.desk(), story_id, response), "responded"
    )


@router.post("/responses/{response_id}/outcome")
def outcome(
    visit: ActingAnalyst,
    response_id: int,
    outcome: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    visibility: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "",
) -> Response:
    """Record what became of a response."""

    def change(session: Session) -> None:
        responding.set_outcome(session, visit.desk(), response_id, outcome, note, visibility)

    done = change_story(visit, _story_of(visit, response_id), change, "outcome")
    return visit.go("/due", "outcome") if then == "due" and done.status_code == 303 else done


@router.post("/responses/{response_id}/follow-up")
def follow_up(visit: ActingAnalyst, response_id: int, day: Annotated[str, Form()] = "") -> Response:
    """Set another day to look at a response again."""
    _story_of(visit, response_id)
    with visit.context.writing() as session:
        responding.postpone(session, visit.desk(), response_id, start_of(visit.context.zone, day[:20]))
    return visit.go("/due", "postponed")


def _story_of(visit: Visit, response_id: int) -> int:
    with visit.context.reading() as session:
        story_id = pages.response_story(session, response_id)
    if story_id is None:
        raise HTTPException(404)
    return story_id


@router.get("/due")
def due(
    visit: Member, mine: bool = False, ahead: bool = False, after: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show responses whose follow-up date has come (with ``ahead`` also those of the next two weeks)."""
    person_id = visit.person_id if mine else None
    until = visit.now + AHEAD if ahead else visit.now
    with visit.context.reading() as session:
        hidden = second_reading.waiting(session, visit.desk())
        found = store.due(
            session, until, person_id=person_id, after=_after(after), without=hidden, limit=PAGE + 1
        )  # fmt: skip
        names = people.aliases(session, sorted({response.person_id for response, _ in found}))
    shown = found[:PAGE]
    more = ""
    if len(found) > PAGE and shown[-1][0].follow_up_at is not None:
        mark = f"{shown[-1][0].follow_up_at.isoformat()},{shown[-1][0].id}"
        more = query_string({"mine": int(mine) or "", "ahead": int(ahead) or "", "after": mark})
    return visit.page(
        "due.html", found=shown, names=names, mine=mine, ahead=ahead, more=more, outcomes=OUTCOMES,
        visibilities=VISIBILITIES, today=visit.now.astimezone(visit.context.zone).date(),
    )  # fmt: skip


def _after(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    moment, _, number = text.partition(",")
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError(moment)
        return at, int(number)
    except (ValueError, OverflowError) as error:
        raise Invalid("This form or address is not complete: go back and try again.") from error
