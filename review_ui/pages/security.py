"""One's own second step at login, and the places one is logged in."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Form
from fastapi.responses import Response

from monitor.accounts import codes, people
from monitor.errors import Invalid
from monitor.models import Person
from monitor.store import people as store
from review_ui.deps import ActingMember, Member, Visit
from review_ui.wording import sentence

router = APIRouter()


@router.get("/settings/code")
def show(visit: Member) -> Response:
    """Show how to switch the second step on, or off."""
    return _page(visit)


def _page(
    visit: Visit, status: int = 200, problem: str = "", nonce: str = "", made: list[str] | None = None
) -> Response:
    person, key = visit.person, visit.context.key
    nonce = nonce or codes.new_nonce()
    address = codes.address(key, person, nonce, visit.context.settings.team.name)
    return visit.page(
        "second_step.html", status, problem=problem, nonce=nonce, made=made, on=person.totp_nonce is not None,
        secret=codes.secret(key, person, nonce), matrix=_squares(address), left=len(person.recovery),
    )  # fmt: skip


def _squares(text: str) -> tuple[int, str]:
    """Return a QR code as its width in squares and the path of an SVG that draws the dark ones."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return len(rows), path


@router.post("/settings/code/on")
def switch_on(visit: ActingMember, nonce: Annotated[str, Form()] = "", code: Annotated[str, Form()] = "") -> Response:
    """Check one code from the app and show the recovery codes once."""
    context = visit.context
    try:
        with context.writing() as session:
            person = session.get_one(Person, visit.person_id)
            if person.totp_nonce is not None:
                raise Invalid("The second step is on already.")
            made = codes.switch_on(session, context.key, visit.now, person, nonce, code[:40])
    except Invalid as error:
        return _page(visit, 422, sentence(visit.speech, str(error)), nonce[:40])
    return visit.page("recovery.html", made=made)


@router.post("/settings/code/off")
def switch_off(visit: ActingMember, code: Annotated[str, Form()] = "") -> Response:
    """Switch it off with a last code; every session ends."""
    context = visit.context
    with context.writing() as session:
        person = session.get_one(Person, visit.person_id)
        if person.totp_nonce is None:
            raise Invalid("The second step is off already.")
        right = codes.is_right(session, context.key, visit.now, person, code[:40])
        if right:
            codes.switch_off(session, context.key, visit.now, visit.actor, person)
    if not right:
        return _page(visit, 422, visit.speech.say("This code is not right: look at the app again."))
    return visit.go("/login", "code_off")


@router.get("/settings/sessions")
def sessions(visit: Member) -> Response:
    """List where one is logged in."""
    with visit.context.reading() as session:
        found = store.sessions(session, visit.person_id, visit.now)
    return visit.page("sessions.html", found=found, own=people.short(visit.session_token), length=people.SHORT)


@router.post("/settings/sessions/end")
def end(visit: ActingMember, login: Annotated[str, Form()] = "") -> Response:
    """End one of one's own logins."""
    with visit.context.writing() as session:
        people.end_session(session, visit.context.key, visit.now, visit.actor, visit.person_id, login[:64])
    return visit.go("/settings/sessions", "session_ended")
