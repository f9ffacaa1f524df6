"""Who gets the weekly summary by mail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from monitor.errors import Conflict, Invalid
from monitor.models import Recipient
from monitor.sending import recipients
from monitor.store import recipients as store
from review_ui.deps import ActingSupervisor, Supervisor, Visit
from review_ui.wording import sentence

router = APIRouter()


@router.get("/recipients")
def show(visit: Supervisor) -> Response:
    """List the recipients and offer the form for one more."""
    return _page(visit)


def _page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    with visit.context.reading() as session:
        rows = store.everyone(session)
    settings = visit.context.settings
    ready = bool(settings.mail.host and settings.mail.sender)
    return visit.page("recipients.html", status, rows=rows, problem=problem, ready=ready, address=settings.web.address)


@router.post("/recipients")
def add(
    visit: ActingSupervisor,
    name: Annotated[str, Form()] = "",
    address: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = "",
    pdf: Annotated[bool, Form()] = False,
    kind: Annotated[str, Form()] = "team",
) -> Response:
    """Add a recipient: one of the team, one who may answer what is asked, or one from outside."""
    try:
        with visit.context.writing() as session:
            recipients.add(session, visit.desk(), name=name, address=address, lang=lang, pdf=pdf,
                           answers=kind == "answers", outside=kind == "outside")  # fmt: skip
    except (Invalid, Conflict) as error:
        return _page(visit, 409 if isinstance(error, Conflict) else 422, sentence(visit.speech, str(error)))
    return visit.go("/recipients", "recipient")


@router.post("/recipients/{recipient_id}/{step}")
def change(visit: ActingSupervisor, recipient_id: int, step: str) -> Response:
    """Pause, resume or remove a recipient."""
    with visit.context.writing() as session:
        row = session.get(Recipient, recipient_id)
        if row is None or step not in ("pause", "resume", "remove"):
            raise HTTPException(404)
        if step == "remove":
            recipients.remove(session, visit.desk(), row)
        else:
            recipients.switch(session, visit.desk(), row, step == "resume")
    return visit.go("/recipients", "removed" if step == "remove" else "recipient")
