"""One's own latest steps, each of which can still be taken back."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from monitor.desk.undoing import UNDO_STEPS
from monitor.store import queue, stories
from review_ui.deps import Analyst

router = APIRouter()


@router.get("/steps")
def show(visit: Analyst) -> Response:
    """List the latest steps, newest first."""
    with visit.context.reading() as session:
        groups = queue.last_steps(session, visit.person_id, UNDO_STEPS)
        titles = {group[0].story_id: stories.get(session, group[0].story_id) for group in groups}
    return visit.page("steps.html", groups=groups, titles=titles)
