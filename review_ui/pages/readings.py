"""Second readings: taking one, giving one's word, or choosing to see everything instead."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from monitor.desk import second_reading
from monitor.errors import Conflict, Invalid
from monitor.store import queue, readings
from monitor.store.queue import Lens
from review_ui.deps import ActingAnalyst, Visit
from review_ui.pages.story import Draft, change_story, status_of, story_page
from review_ui.wording import sentence

router = APIRouter()
LIST = "/?reader=1"


@router.post("/readings/{reading_id}")
def give(
    visit: ActingAnalyst,
    reading_id: int,
    triage: Annotated[str, Form()] = "",
    verdict: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "stay",
) -> Response:
    """Record the reader's word; then show the whole story, or the next one to read."""
    story_id = _story_of(visit, reading_id)
    draft = Draft(triage, verdict, evidence[:20_000], note[:10_000])
    try:
        with visit.context.writing() as session:
            second_reading.give(
                session, visit.desk(), reading_id, triage=triage, verdict=verdict or None, evidence=evidence.split(),
                note=note,
            )  # fmt: skip
    except (Conflict, Invalid) as error:
        return story_page(visit, story_id, status_of(error), sentence(visit.speech, str(error)), draft)
    return _to_next(visit) if then == "next" else visit.go(f"/stories/{story_id}", "read")


def _to_next(visit: Visit) -> Response:
    with visit.context.reading() as session:
        found = queue.page(session, Lens(reader=visit.person_id), limit=1)
    return visit.leave(f"/stories/{found[0].id}" if found else LIST, "read")


@router.post("/readings/{reading_id}/take")
def take(visit: ActingAnalyst, reading_id: int) -> Response:
    """Keep the reading for oneself for the length of a lease."""
    story_id = _story_of(visit, reading_id)
    return change_story(
        visit, story_id, lambda session: second_reading.take(session, visit.desk(), reading_id), "reading_taken"
    )


@router.post("/readings/{reading_id}/release")
def release(visit: ActingAnalyst, reading_id: int) -> Response:
    """Leave the reading to somebody else."""
    _story_of(visit, reading_id)
    with visit.context.writing() as session:
        second_reading.release(session, visit.desk(), reading_id)
    return visit.go(LIST, "reading_left")


@router.post("/stories/{story_id}/open-all")
def open_all(visit: ActingAnalyst, story_id: int) -> Response:
    """See the decision and everything else, and be no second reader of it any more."""
    return change_story(visit, story_id, lambda session: second_reading.waive(session, visit.desk(), story_id), "")


def _story_of(visit: Visit, reading_id: int) -> int:
    with visit.context.reading() as session:
        reading = readings.get(session, reading_id)
    if reading is None:
        raise HTTPException(404)
    return reading.story_id
