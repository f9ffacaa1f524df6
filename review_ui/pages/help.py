"""What the words and figures on the pages mean, and what the keys do."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from review_ui.deps import Member

router = APIRouter()


@router.get("/help")
def show(visit: Member) -> Response:
    """Show the help page."""
    return visit.page("help.html")
