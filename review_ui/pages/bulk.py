"""One decision for several stories: first a look at what it would touch, then the decision, then what was left out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlmodel import Session

from monitor.desk import reviewing
from monitor.errors import Conflict, Invalid
from monitor.models import Story
from monitor.store.queue import MOST_TOGETHER
from monitor.vocabulary import TRIAGES
from review_ui.deps import ActingAnalyst, Visit
from review_ui.pages.queue import Row, rows

router = APIRouter()
SAMPLE = 5


@router.post("/bulk")
def look(
    visit: ActingAnalyst,
    triage: Annotated[str, Form()] = "",
    story: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Show how many stories are meant, a few of them, and which ones others hold. Changes nothing."""
    with visit.context.reading() as session:
        found = _rows(session, visit, _checked(triage, story or []))
    free = [row for row in found if (row.mine or not (row.holder or row.kept_for)) and not row.blind]
    if not free:
        raise Invalid("Choose at least one story first.")
    return visit.page("bulk.html", triage=triage, free=free, held=len(found) - len(free), sample=SAMPLE)


@router.post("/bulk/decide")
def decide(
    visit: ActingAnalyst,
    triage: Annotated[str, Form()] = "",
    story: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Decide each story as if alone; what somebody else holds or changed meanwhile is left out and counted."""
    chosen = dict(_pair(text) for text in story or [])
    _checked(triage, list(chosen))
    batch = secrets.token_hex(8)
    left_out = [number for number, version in chosen.items() if not _decide_one(visit, number, version, triage, batch)]
    with visit.context.reading() as session:
        skipped = _rows(session, visit, left_out)
    return visit.page("bulk_done.html", triage=triage, done=len(chosen) - len(left_out), skipped=skipped)


def _decide_one(visit: Visit, story_id: int, version: int, triage: str, batch: str) -> bool:
    try:
        with visit.context.writing() as session:
            reviewing.claim(session, visit.desk(), story_id)
            reviewing.decide(session, visit.desk(), story_id, triage=triage, version=version, batch=batch)
    except Conflict:
        return False
    return True


def _checked(triage: str, numbers: Sequence[int]) -> Sequence[int]:
    if triage not in TRIAGES or triage in ("check", "escalate"):  # both need words of their own
        raise Invalid(f"'{triage}' is not a triage word: choose one of {', '.join(TRIAGES)}.")
    if not numbers:
        raise Invalid("Choose at least one story first.")
    if len(numbers) > MOST_TOGETHER:
        num = MOST_TOGETHER
        raise Invalid(f"At most {num} stories can be decided together, so that all can be taken back.")
    return numbers


def _pair(text: str) -> tuple[int, int]:
    number, _, version = text.partition(":")
    if not (number.isdecimal() and version.isdecimal()):
        raise Invalid("This form or address is not complete: go back and try again.")
    return int(number), int(version)


def _rows(session: Session, visit: Visit, numbers: Sequence[int]) -> list[Row]:
    found = [session.get(Story, number) for number in numbers]
    return rows(session, visit, [story for story in found if story is not None and story.merged_into is None])
