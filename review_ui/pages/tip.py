"""The tip line: a form for anybody, and an address for programs that sign what they send. Both are off by default."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from monitor.errors import ClaimwatchError, Invalid, NotAllowed
from monitor.sources import tips
from review_ui.deps import Anyone, Visit
from review_ui.wording import sentence

router = APIRouter()
_FULL = "Too many tips just now: please try again in an hour."


@router.get("/tip")
def show(visit: Anyone) -> Response:
    """Show the form."""
    _require_open(visit)
    return visit.page("tip.html", text="", link="", problem="")


@router.post("/tip")
def send(
    visit: Anyone,
    text: Annotated[str, Form()] = "",
    link: Annotated[str, Form()] = "",
    website: Annotated[str, Form()] = "",
) -> Response:
    """Take in a tip. ``website`` is a field that people do not see: what fills it in is a program."""
    _require_open(visit)
    rules = visit.context.settings.tips
    address = visit.request.client.host if visit.request.client else "unknown"
    try:
        words, checked_link = tips.checked(text, link)
        limits = (("form", rules.per_hour), (f"address:{address}", rules.per_address))
        if not visit.site.throttle.take(visit.now, *limits):
            raise NotAllowed(_FULL, retry_after=3600)
        if not website:
            with visit.context.writing() as session:
                tips.receive(session, visit.context.key, visit.now, words=words, link=checked_link or "",
                             lang=visit.speech.lang)  # fmt: skip
    except ClaimwatchError as error:
        status = 422 if isinstance(error, Invalid) else 429 if getattr(error, "retry_after", None) else 403
        shown = text[: tips.MAX_TEXT + 1000], link[:2100]
        problem = sentence(visit.speech, str(error))
        return visit.page("tip.html", status, text=shown[0], link=shown[1], problem=problem)
    return visit.go(f"/tip?lang={visit.speech.lang}", "tip")


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/tip/webhook")
def call(visit: Anyone, body: Annotated[bytes, Depends(_body)]) -> Response:
    """Take in a signed tip of another program; says ``new`` or ``known``."""
    rules = visit.context.settings.tips
    if not rules.secret:
        raise HTTPException(404)
    try:
        name = tips.check_call(rules.secret, visit.request.headers, body, visit.now)
        if not visit.site.throttle.take(visit.now, ("webhook", rules.per_hour)):
            return JSONResponse({"error": _FULL}, 429, {"retry-after": "3600"})
        with visit.context.writing() as session:
            new = tips.receive_call(session, visit.context.key, visit.now, name, body)
    except ClaimwatchError as error:
        return JSONResponse({"error": str(error)}, 422 if isinstance(error, Invalid) else 403)
    return JSONResponse({"tip": "new" if new else "known"}, 201 if new else 200)


def _require_open(visit: Visit) -> None:
    if not visit.context.settings.tips.form:
        raise HTTPException(404)
    with visit.context.reading() as session:
        if not tips.is_open(session):
            raise HTTPException(404)
