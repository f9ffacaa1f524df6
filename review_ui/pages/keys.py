"""The page where a person gives commands other keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from monitor.errors import Invalid
from monitor.store import pages
from review_ui import keymap
from review_ui.deps import ActingMember, Member, Visit
from review_ui.wording import sentence

router = APIRouter()


async def _sent(request: Request) -> dict[str, str]:
    form = await request.form()
    return {key: str(form.get(f"key_{number}", "")) for number, key in enumerate(keymap.COMMANDS)}


Sent = Annotated[dict[str, str], Depends(_sent)]


@router.get("/settings/keys")
def show(visit: Member) -> Response:
    """Show every command with its key."""
    return _page(visit, {key: visit.key(key) for key in keymap.COMMANDS})


@router.post("/settings/keys")
def save(visit: ActingMember, sent: Sent, then: Annotated[str, Form()] = "") -> Response:
    """Keep one's own keys, or go back to the usual ones."""
    try:
        changed = {} if then == "usual" else keymap.checked(sent)
    except Invalid as error:
        return _page(visit, sent, 422, sentence(visit.speech, str(error)))
    with visit.context.writing() as session:
        pages.save_preferences(session, visit.context.key, visit.now, visit.actor, prefs={"keymap": changed})
    return visit.go("/settings/keys", "preferences")


def _page(visit: Visit, values: Mapping[str, str], status: int = 200, problem: str = "") -> Response:
    return visit.page("keys.html", status, commands=keymap.COMMANDS, values=values, problem=problem)
