"""Sources: how each is doing, in words, and what supervisors may do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor import sourcing
from monitor.store import pages
from monitor.store import sources as store
from review_ui.deps import ActingSupervisor, Member, Visit

router = APIRouter()
DAY = timedelta(hours=24)


@router.get("/sources")
def show(visit: Member) -> Response:
    """Show every source."""
    with visit.context.reading() as session:
        found = store.everything(session)
        counts = store.post_counts(session, visit.now - DAY)
        unmapped = store.unmapped_counts(session)
    return visit.page("sources.html", sources=found, counts=counts, unmapped=unmapped)


def _change(visit: Visit, source_id: int, change: Callable[[Session, str], Any], said: str) -> Response:
    with visit.context.writing() as session:
        source = pages.source(session, source_id)
        if source is None:
            raise HTTPException(404)
        change(session, source.name)
    return visit.go("/sources", said)


@router.post("/sources/{source_id}/pause")
def pause(visit: ActingSupervisor, source_id: int) -> Response:
    """Stop visiting the source."""
    return _change(visit, source_id, lambda s, name: sourcing.set_enabled(s, visit.desk(), name, False), "paused")


@router.post("/sources/{source_id}/resume")
def resume(visit: ActingSupervisor, source_id: int) -> Response:
    """Visit the source again, at once."""
    return _change(visit, source_id, lambda s, name: sourcing.set_enabled(s, visit.desk(), name, True), "resumed")


@router.post("/sources/{source_id}/check")
def check(visit: ActingSupervisor, source_id: int) -> Response:
    """Make the source due now."""
    return _change(visit, source_id, lambda s, name: sourcing.check_now(s, visit.desk(), name), "check_asked")


@router.post("/sources/{source_id}/remove")
def remove(visit: ActingSupervisor, source_id: int) -> Response:
    """Remove the source; a sample goes with its invented posts, any other only when it has none."""

    def change(session: Session, name: str) -> None:
        source = sourcing.find(session, name)
        sourcing.remove(session, visit.desk(), name, with_posts=source.sample)

    return _change(visit, source_id, change, "removed")
