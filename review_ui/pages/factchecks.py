"""The library of published fact-checks."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from monitor.store import factchecks
from review_ui.deps import Member, query_string

router = APIRouter()
PAGE = 50


@router.get("/factchecks")
def show(visit: Member, q: str = "", after: int | None = None) -> Response:
    """Show fact-checks that contain all words of ``q``, newest first."""
    words = q.strip()[:200]
    with visit.context.reading() as session:
        found = factchecks.page(session, words, PAGE + 1, after)
    more = query_string({"q": words, "after": found[PAGE - 1].id}) if len(found) > PAGE else ""
    return visit.page("factchecks.html", q=words, checks=found[:PAGE], more=more)
