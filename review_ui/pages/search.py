"""Finding stories by the words of their posts."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from monitor.store import stories
from review_ui.deps import Member
from review_ui.pages.queue import rows

router = APIRouter()
LIMIT = 50


@router.get("/search")
def show(visit: Member, q: str = "") -> Response:
    """Show stories with a post that contains all words of ``q``, newest first."""
    words = q.strip()[:200]
    found = []
    if words:
        with visit.context.reading() as session:
            found = rows(session, visit, stories.search(session, words, LIMIT))
    return visit.page("search.html", q=words, rows=found, limit=LIMIT)
