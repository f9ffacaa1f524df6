"""Two addresses for whoever watches the service: is the process alive, and can it work."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from review_ui.deps import site_of

router = APIRouter()


@router.get("/healthz")
def alive() -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> Response:
    """Say whether the database answers and has this program's schema."""
    database = site_of(request).context.db
    try:
        fits = database.revision() == database.head()
    except SQLAlchemyError:
        return PlainTextResponse("the database does not answer", 503)
    return PlainTextResponse("ok" if fits else "the database has another schema", 200 if fits else 503)
