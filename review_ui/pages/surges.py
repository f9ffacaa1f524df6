"""Early warning: alarms that explain themselves, what people said of them, what was held back, and the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.errors import Conflict, Invalid
from monitor.models import Alarm
from monitor.surges import budget as surge_budget
from monitor.surges import states as surge_states
from review_ui import surge_words
from review_ui.deps import ActingAnalyst, ActingSupervisor, Member, Visit
from review_ui.surgeview import gather
from review_ui.wording import sentence

router = APIRouter()


@router.get("/surges")
def show(visit: Member) -> Response:
    """Show the alarms and the budget."""
    return _page(visit)


def _page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    with visit.context.reading() as session:
        view = gather(session, visit)
    return visit.page(
        "surges.html", status, view=view, problem=problem, surge=surge_words, sayable=surge_states.SAYABLE,
        most=surge_budget.MOST,
    )  # fmt: skip


def _change(visit: Visit, change: Callable[[Session], Any], path: str, said: str) -> Response:
    try:
        with visit.context.writing() as session:
            change(session)
    except (Conflict, Invalid) as error:
        return _page(visit, 409 if isinstance(error, Conflict) else 422, sentence(visit.speech, str(error)))
    return visit.go(path, said)


@router.post("/surges/{alarm_id}/state")
def say(
    visit: ActingAnalyst, alarm_id: int, state: Annotated[str, Form()] = "", was: Annotated[str, Form()] = ""
) -> Response:
    """Say what an alarm turned out to be."""
    with visit.context.reading() as session:
        if session.get(Alarm, alarm_id) is None:
            raise HTTPException(404)
    return _change(
        visit, lambda session: surge_states.say(session, visit.desk(), alarm_id, state, was), "/surges", "alarm"
    )


@router.post("/surges/budget")
def budget(visit: ActingSupervisor, per_week: Annotated[int, Form()] = -1) -> Response:
    """Change how many alarms a week the team wants to see."""
    settings = visit.context.settings.surges
    return _change(
        visit, lambda session: surge_budget.set_per_week(session, visit.desk(), settings, per_week), "/surges", "budget"
    )
